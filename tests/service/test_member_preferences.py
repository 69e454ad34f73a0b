"""A member's own defaults and styles, and the styles that they are offered."""

import asyncio
import weakref

import pytest

from bot.domain.errors import OwnStyleNotFound, TooManyEntries
from bot.domain.preferences import Defaults, Preferences
from bot.domain.rules import Rules
from bot.domain.styles import Style
from bot.service.member_preferences import KEPT
from tests.service.harness import until

MEMBER, GUILD = 300, 100
WOOL = Style(name="Wool", words="knitted wool")


@pytest.fixture
def preferences(app):
    return app.cogs.preferences


async def test_what_is_valid_is_set_and_the_rest_is_named(preferences):
    _, faults = await preferences.set_defaults(
        MEMBER, {"images": 5, "steps": "x", "guidance": 2, "style": "ink", "suffix": " , "}
    )

    assert [fault.option for fault in faults] == ["images", "steps"]
    own = (await preferences.settings(MEMBER)).preferences.defaults
    assert own == Defaults(guidance=2.0, style="ink")
    await preferences.set_defaults(MEMBER, {"style": None})
    assert (await preferences.forget_defaults(MEMBER)).preferences == Preferences()


async def test_a_style_is_added_changed_renamed_and_removed_with_the_default_that_it_is(
    preferences,
):
    await preferences.set_style(MEMBER, "Wool", "wool")
    await preferences.set_defaults(MEMBER, {"style": "Wool"})
    await preferences.set_style(MEMBER, "WOOL", "knitted wool")
    await preferences.set_style(MEMBER, "Felt", "felted wool", was="WOOL")
    own = (await preferences.recent(MEMBER)).styles, (await preferences.recent(MEMBER)).defaults
    assert own == ((Style(name="Felt", words="felted wool"),), Defaults(style="Felt"))

    with pytest.raises(OwnStyleNotFound):
        await preferences.set_style(MEMBER, "Wool", "")
    await preferences.set_style(MEMBER, "anything", "", was="Felt")

    assert await preferences.recent(MEMBER) == Preferences()


async def test_there_are_at_most_ten_own_styles_also_of_a_moment(preferences):
    many = (preferences.set_style(MEMBER, f"style {number}", "words") for number in range(12))

    done = await asyncio.gather(*many, return_exceptions=True)

    assert sum(isinstance(one, TooManyEntries) for one in done) == 2
    first = (await preferences.recent(MEMBER)).styles[0].name
    await preferences.set_style(MEMBER, "another", "words", was=first)
    assert len((await preferences.recent(MEMBER)).styles) == 10


# Styles for autocomplete.


@pytest.fixture
async def styles(app, preferences):
    await app.set_rules(GUILD, Rules(styles=(WOOL,)))
    return preferences.server_styles


async def test_a_server_has_styles_of_its_own_and_outside_of_servers_there_are_none(styles):
    assert await styles(GUILD) == (WOOL,)
    assert await styles(GUILD + 1) == ()
    assert await styles(None) == ()


@pytest.mark.parametrize("changed_here", [False, True])
async def test_typing_reads_the_store_once_in_a_few_seconds(app, preferences, styles, changed_here):
    """Discord asks at every letter. Styles that were changed here are offered at once."""
    await styles(GUILD)
    await app.set_rules(GUILD, Rules())
    assert await styles(GUILD) == (WOOL,)

    if changed_here:
        preferences.styles_changed(GUILD)
    else:
        app.clock.now += KEPT

    assert await styles(GUILD) == ()


async def test_styles_of_servers_in_which_no_member_types_any_more_are_forgotten(app, styles):
    style = weakref.ref((await styles(GUILD))[0])

    app.clock.now += KEPT
    await styles(GUILD + 1)

    await until(lambda: style() is None)  # the thread that read it may still hold it


async def test_without_an_answer_of_the_store_there_are_no_styles(open_process, app, styles):
    impatient = open_process(styles_within=0.01)
    impatient.faults.guilds.gate("rules")
    assert await impatient.cogs.preferences.server_styles(GUILD) == ()

    app.faults.guilds.away = True
    assert await styles(GUILD) == ()
    app.faults.guilds.away = False
    assert await styles(GUILD) == (WOOL,)

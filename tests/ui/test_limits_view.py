"""The moderators' panel, and what its buttons remember."""

import asyncio
from types import SimpleNamespace

import aiohttp
import discord
import pytest
from discord.components import _component_factory
from discord.ui.view import ViewStore
from hypothesis import given, settings

from bot.domain.rules import Rules
from bot.service.moderation import Overview
from bot.ui import layout, limits_view, texts
from bot.ui.language import LANGUAGES, speaking
from bot.ui.limits_form import GROUPS
from bot.ui.limits_view import LimitsButton
from sandbox.discord.enums import InteractionType
from tests.rules import FULLEST, FULLEST_OVERVIEW, any_rules

API = "/api/v10"
DRAFT = "0123456789abcdef"
TEXT, BUTTON = 10, 2
LONGEST_NOTE = texts.changes.changed(Rules(), FULLEST)


def an_overview(rules):
    return Overview(
        rules=rules,
        caps=FULLEST_OVERVIEW.caps,
        standing=FULLEST_OVERVIEW.standing,
        peaks=FULLEST_OVERVIEW.peaks,
    )


def components(view):
    """Return all components of a view as Discord gets them, nested ones too."""

    def walk(entries):
        for entry in entries:
            yield entry
            yield from walk(entry.get("components", ()))
            if "accessory" in entry:
                yield entry["accessory"]

    return list(walk(view.to_components()))


def words(view):
    return [entry["content"] for entry in components(view) if entry["type"] == TEXT]


def buttons(view):
    return [entry for entry in components(view) if entry["type"] == BUTTON]


def assert_within_limits(view):
    assert len(components(view)) <= 40
    assert sum(map(len, words(view))) <= 4000
    assert all(words(view))
    for button in buttons(view):
        assert len(button["custom_id"]) <= 100
        assert 1 <= len(button["label"]) <= 80
    assert len({button["custom_id"] for button in buttons(view)}) == len(buttons(view))
    assert view.timeout is None
    assert view.has_components_v2()


VIEWS = {
    "a fresh panel": lambda: limits_view.panel(an_overview(Rules())),
    "the fullest panel": lambda: limits_view.panel(FULLEST_OVERVIEW),
    "the fullest panel with a note": lambda: limits_view.panel(FULLEST_OVERVIEW, LONGEST_NOTE),
    "the fullest preview": lambda: limits_view.preview(DRAFT, Rules(), FULLEST),
    "a preview of the fullest rules' end": lambda: limits_view.preview(DRAFT, FULLEST, Rules()),
    "the fullest words": lambda: layout.text_view(texts.explanations.words_listed(FULLEST)),
    "no words": lambda: layout.text_view(texts.explanations.words_listed(Rules())),
}
make_views = pytest.mark.parametrize("make", VIEWS.values(), ids=VIEWS)


@make_views
@pytest.mark.parametrize("language", LANGUAGES)
def test_what_moderators_see_fits_discords_limits(make, language):
    with speaking(language):
        assert_within_limits(make())


@settings(max_examples=25)
@given(any_rules, any_rules)
def test_whatever_the_rules_what_moderators_see_fits(before, after):
    assert_within_limits(
        limits_view.panel(an_overview(after), texts.changes.changed(before, after))
    )
    assert_within_limits(limits_view.preview(DRAFT, before, after))


def test_each_group_of_limits_has_a_button_beside_it():
    shown = buttons(limits_view.panel(FULLEST_OVERVIEW))

    assert [button["custom_id"] for button in shown] == [f"limits:edit:{name}" for name in GROUPS]
    assert len({button["label"] for button in shown}) == len(shown)


def test_the_panel_tells_limits_and_what_is_used_of_them():
    shown = "\n".join(words(limits_view.panel(FULLEST_OVERVIEW)))

    for figure in ("1 day", "100000", "1000000", "**1000**", "**10000**", "**50**"):
        assert figure in shown
    for used in (FULLEST_OVERVIEW.peaks.images, FULLEST_OVERVIEW.standing.usage.server):
        assert str(used) in shown
    for channel in FULLEST.channels:
        assert f"<#{channel}>" in shown


def test_tiers_that_have_no_room_are_counted_and_not_cut():
    """Half a tier would tell of limits that are none."""
    shown = words(limits_view.panel(FULLEST_OVERVIEW, LONGEST_NOTE))[-1].split("\n")

    left = len(FULLEST.tiers) - (len(shown) - 2)
    assert 0 < left < len(FULLEST.tiers)
    assert shown[-1] == f"… and {left} more"
    assert all(line.endswith("Steps in an order: 49") for line in shown[1:-1])


def test_what_became_of_the_last_press_stands_above_the_limits():
    first, *_ = words(limits_view.panel(an_overview(Rules()), texts.changes.discarded()))

    assert texts.changes.discarded() in first


def test_a_paused_server_sees_so_first():
    first, *_ = words(limits_view.panel(FULLEST_OVERVIEW))

    assert "**Paused**" in first
    assert "**" not in first.split("R>: ")[1].split("\n")[0].replace("\\*", "")


def test_a_preview_is_saved_or_discarded_by_the_drafts_id():
    save, drop = buttons(limits_view.preview(DRAFT, Rules(), Rules(images=2)))

    assert (save["custom_id"], save["label"]) == (f"limits:save:{DRAFT}", texts.changes.save())
    assert (drop["custom_id"], drop["label"]) == (f"limits:drop:{DRAFT}", texts.changes.discard())


def test_each_panel_is_a_view_of_its_own():
    """discord.py loses buttons for the whole bot when a view is sent twice."""
    assert limits_view.panel(FULLEST_OVERVIEW) is not limits_view.panel(FULLEST_OVERVIEW)


@make_views
async def test_a_view_with_our_buttons_lives_for_ever(make):
    assert make().is_persistent()


# Buttons.


class Told:
    """A client that remembers what it was told."""

    def __init__(self):
        self.told = []
        self.news = asyncio.Event()

    def dispatch(self, *what):
        self.told.append(what)
        self.news.set()


@pytest.mark.parametrize("make", [VIEWS["the fullest panel"], VIEWS["the fullest preview"]])
async def test_discord_py_finds_a_button_in_a_message_that_an_earlier_process_sent(make):
    """It has to look it up in the message, where some stand beside text and not in a row."""
    store = ViewStore(None)
    store.add_dynamic_items(LimitsButton)
    view = make()
    message = SimpleNamespace(
        id=77,
        flags=discord.MessageFlags(components_v2=True),
        components=[_component_factory(component) for component in view.to_components()],
    )

    for button in buttons(view):
        client = Told()
        interaction = SimpleNamespace(client=client, message=message, data={})
        store.dispatch_view(BUTTON, button["custom_id"], interaction)
        await asyncio.wait_for(client.news.wait(), 5)

        _, do, what = button["custom_id"].split(":")
        assert client.told == [("limits_click", interaction, do, what)]


# As Discord takes them.


@pytest.fixture
async def deferred(stand_in):
    """An interaction of a moderator that was answered with "thinking", privately."""
    mira = stand_in.member("Mira", channel="general", guild="Lighthouse Club")
    interaction = stand_in.interactions.begin(
        InteractionType.COMMAND, mira.user, mira.channel, {"name": "limits"}
    )
    address = f"{stand_in.api_url}/interactions/{interaction.id}/{interaction.token}/callback"
    body = {"type": 5, "data": {"flags": 64}}
    async with aiohttp.ClientSession() as session, session.post(address, json=body) as answer:
        assert answer.status == 204
    return interaction


@make_views
async def test_discord_takes_what_moderators_see(stand_in, rest, deferred, make):
    """The stand-in holds it against Discord's own description."""
    client = await rest.client()
    address = {"id": stand_in.world.application_id, "type": 3, "token": deferred.token}
    webhook = discord.Webhook.from_state(address, client._connection)  # as an interaction does

    await webhook.send(view=make(), ephemeral=True)

    (sent,) = stand_in.journal.find("POST", f"{API}/webhooks/*")
    assert sent.status == 200
    shown = {one["custom_id"] for one in buttons(make())}
    assert all(custom_id in str(deferred.message.shown) for custom_id in shown)
    assert deferred.message.ephemeral_for is not None

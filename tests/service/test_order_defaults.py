"""What a member's own defaults and styles do to their orders, and the rules to both."""

from dataclasses import replace

import pytest

from bot.domain.admission import Caps, Rule
from bot.domain.errors import InvalidOption, StyleNotFound
from bot.domain.job import State
from bot.domain.order import OrderOptions
from bot.domain.rules import Rules
from bot.domain.styles import Style
from bot.domain.word_filter import WordLists
from bot.service.errors import LimitReached
from tests.samples import changed_job
from tests.service.conftest import on_each_engine
from tests.service.harness import UNLIMITED

MEMBER, GUILD, OTHERS_GUILD = 300, 100, 101
ALL = {
    "images": 3,
    "style": "ink",
    "steps": 20,
    "guidance": 2.5,
    "enhance": False,
    "private": True,
    "spoiler": True,
    "suffix": " , soft light",
}
UNNAMED = dict.fromkeys(ALL)
BLOCKED = WordLists(blocked=("bad wolf",))


@pytest.fixture
def own(app):
    return app.cogs.preferences


async def order(app, **named):
    """Order with no options but those that are *named*."""
    return await app.order(**UNNAMED | named)


async def refused(app, **named):
    with pytest.raises(LimitReached) as refusal:
        await order(app, **named)
    return refusal.value


@on_each_engine
@pytest.mark.parametrize("guild_id", [GUILD, None])
async def test_defaults_are_what_an_order_does_not_name(open_process, guild_id):
    app = open_process(caps=Caps(direct=True))
    await app.cogs.preferences.set_defaults(MEMBER, ALL)

    job = await order(app, prompt="a fox", guild_id=guild_id)

    assert (job.order.images, job.order.steps, job.order.guidance) == (3, 20, 2.5)
    assert (job.order.enhance, job.order.style, job.order.suffix) == (False, "ink", "soft light")
    assert job.order.prompt == "a fox"
    assert job.order.sent.startswith("a fox, soft light, ink drawing")
    assert job.reply.private
    assert job.reply.spoiler
    assert set(job.order.defaulted.split(",")) == set(ALL)


@pytest.mark.parametrize(
    ("named", "left"),
    [
        ({"images": 1, "steps": 50}, set(ALL) - {"images", "steps"}),
        (
            {"private": False, "spoiler": False, "enhance": True},
            set(ALL) - {"private", "spoiler", "enhance"},
        ),
        ({"style": "-", "suffix": ""}, set(ALL) - {"style", "suffix"}),
        ({"style": "oil"}, set(ALL) - {"style"}),
    ],
)
async def test_what_is_named_goes_first(app, own, named, left):
    await own.set_defaults(MEMBER, ALL)

    job = await order(app, **named)

    asked = OrderOptions.of(job.order, private=job.reply.private)
    shown = {name: getattr(asked, name) for name in named}
    assert shown == named | ({"style": ""} if named.get("style") == "-" else {})
    assert set(job.order.defaulted.split(",")) == left


async def test_a_style_of_that_name_is_found_even_if_it_is_called_as_no_style(app, own):
    await own.set_style(MEMBER, "-", "dashes")

    job = await order(app, prompt="a fox", style="-")

    assert job.order.sent == "a fox, dashes"


async def test_others_have_nothing_of_it(app, own):
    await own.set_defaults(MEMBER, ALL)
    await own.set_style(MEMBER, "Wool", "knitted wool")

    job = await order(app, member_id=MEMBER + 1)
    with pytest.raises(StyleNotFound):
        await order(app, member_id=MEMBER + 1, style="Wool")

    assert job.order.defaulted is None
    assert (job.order.images, job.order.sent, job.reply.private) == (1, None, False)


async def test_an_order_that_is_repeated_is_the_same_whatever_the_defaults_are(app, own):
    """A suffix is not added to a prompt that has it, and a new default does not slip in."""
    await own.set_defaults(MEMBER, {"suffix": "soft light", "images": 2})
    first = await order(app, prompt="a fox")
    again = OrderOptions.of(first.order, private=first.reply.private)
    await own.set_defaults(MEMBER, ALL | {"suffix": "hard light"})

    for member_id in (MEMBER, MEMBER + 1):
        second = await order(app, member_id=member_id, **vars(again))

        assert second.order.sent == first.order.sent == "a fox, soft light"
        assert (second.order.images, second.order.style, second.reply.private) == (2, None, False)
        assert second.order.defaulted is None


async def test_a_limit_on_images_and_money_counts_those_of_the_default(app, own):
    await app.set_rules(GUILD, Rules(images=2))
    await own.set_defaults(MEMBER, {"images": 4})

    error = await refused(app)
    job = await order(app, images=2)

    assert (error.verdict.rule, error.verdict.wanted, error.defaulted) == (
        *(Rule.IMAGES, 4),
        ("images",),
    )
    assert job.order.images == 2


@pytest.mark.parametrize(
    ("change", "blamed"),
    [
        ({"suffix": "a bad wolf"}, {"suffix": True, "style": ""}),
        ({"suffix": "wolf"}, {"suffix": True, "style": ""}),  # with the end of the prompt
        ({"suffix": "a b\u0430d w\u200bolf"}, {"suffix": True, "style": ""}),
        ({"style": "Beast"}, {"suffix": False, "style": "Beast"}),
        ({"style": "bad wolf"}, {"suffix": False, "style": "bad wolf"}),  # shown on the card
    ],
)
@pytest.mark.parametrize("typed", [False, True])
async def test_blocked_words_hold_for_all_that_is_the_members(app, own, change, blamed, typed):
    await app.set_rules(GUILD, Rules(words=BLOCKED, log_channel=7))
    await own.set_style(MEMBER, "Beast", "the bad wolf in oil")
    await own.set_style(MEMBER, "bad wolf", "a dog")
    if not typed:
        await own.set_defaults(MEMBER, change)

    error = await refused(app, prompt="so bad", **change if typed else {})

    assert error.verdict.rule is Rule.WORDS
    assert error.verdict.said == "bad wolf"
    assert {name: getattr(error.verdict, name) for name in blamed} == blamed
    ((_, entry),) = app.log_channel.entries
    assert await app.all_jobs() == []
    assert entry.prompt == (f"so bad, {entry_suffix(change)}" if blamed["suffix"] else "so bad")


def entry_suffix(change):
    return change["suffix"].replace("\u200b", "")


async def test_a_suffix_that_is_refused_is_handed_back_where_it_can_be_changed(app, own):
    await app.set_rules(GUILD, Rules(words=BLOCKED))
    await own.set_defaults(MEMBER, {"suffix": "a bad wolf"})

    error = await refused(app, prompt="a fox")

    changed = error.options.with_suffix_typed()
    assert (changed.prompt, changed.suffix) == ("a fox, a bad wolf", "")
    job = await order(app, **vars(changed) | {"prompt": "a fox, a wolf"})
    assert job.order.sent is None
    assert job.order.prompt == "a fox, a wolf"


@pytest.mark.parametrize("style", [None, "ink"])
async def test_a_prompts_length_is_bounded_with_all_that_is_added(app, own, style):
    await own.set_defaults(MEMBER, {"suffix": "s" * 200, "style": style})
    words = len(", ink drawing, confident black lines, cross-hatching, white paper")
    room = 1000 - 202 - (words if style else 0)

    with pytest.raises(InvalidOption) as error:
        await order(app, prompt="p" * (room + 1))
    job = await order(app, prompt="p" * room)

    fault = error.value
    assert (fault.high, fault.got, fault.suffix, fault.style) == (room, room + 1, 200, style)
    assert isinstance(fault.options, OrderOptions)
    assert fault.options.suffix == "s" * 200
    assert len(job.order.sent) == 1000


@pytest.mark.parametrize("by_default", [False, True])
async def test_where_private_orders_are_forbidden_none_becomes_public_by_itself(
    app, own, by_default
):
    await app.set_rules(GUILD, Rules(private=False))
    named = {"private": True}
    if by_default:
        await own.set_defaults(MEMBER, named)
        named = {}

    error = await refused(app, **named)
    elsewhere = await order(app, guild_id=OTHERS_GUILD, **named)
    changed = await order(app, **vars(error.options))

    assert error.verdict.rule is Rule.PRIVATE
    assert error.defaulted == (("private",) if by_default else ())
    assert elsewhere.reply.private
    assert not changed.reply.private
    assert len(await app.all_jobs()) == 2


async def test_a_servers_spoiler_holds_and_a_members_own_is_theirs_alone(app, own):
    spoilers = [(await order(app, spoiler=True)).reply.spoiler]
    spoilers.append((await order(app)).reply.spoiler)
    await app.set_rules(GUILD, replace(UNLIMITED, spoiler=True))
    hidden = await order(app, spoiler=False)

    assert [*spoilers, hidden.reply.spoiler] == [True, False, True]
    again = OrderOptions.of(hidden.order, private=False)
    assert again.spoiler is False


@pytest.mark.parametrize(
    ("servers", "members", "sent"),
    [
        ((), (("Wool", "knitted"),), "a fox, knitted"),
        ((("wool", "felted"),), (("Wool", "knitted"),), "a fox, knitted"),
        ((("wool", "felted"),), (), "a fox, felted"),
    ],
)
async def test_a_members_own_style_goes_before_a_servers(app, own, servers, members, sent):
    rules = Rules(styles=tuple(Style(name=name, words=words) for name, words in servers))
    await app.set_rules(GUILD, rules)
    for style in members:
        await own.set_style(MEMBER, *style)

    job = await order(app, prompt="a fox", style="WOOL")

    assert job.order.sent == sent
    offered = (await own.offered(GUILD, MEMBER)).styles
    assert [style.words for style in offered] == [sent.partition(", ")[2]]


async def test_a_style_that_is_gone_is_named_with_where_it_came_from(app, own):
    await own.set_defaults(MEMBER, {"style": "Wool"})

    with pytest.raises(StyleNotFound) as error:
        await order(app)

    assert (error.value.style, error.value.defaulted) == ("Wool", ("style",))


async def test_a_members_todays_orders_keep_no_suffix_once_they_are_erased(app, own):
    await own.set_defaults(MEMBER, ALL)
    job = await order(app)
    await app.put(changed_job(job, state=State.DELIVERED))

    await app.cogs.account.erase(MEMBER)

    erased = (await app.only_job()).order
    assert (erased.prompt, erased.suffix, erased.sent, erased.defaulted) == ("", None, None, None)
    assert (await order(app)).order.defaulted is None

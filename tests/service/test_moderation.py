"""What moderators change, and the entries of it in their server's log channel."""

import asyncio
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from bot.domain.admission import AdmissionRequest, Caps, Rule, RuleResult
from bot.domain.errors import InvalidLimit, InvalidPhrase
from bot.domain.lane import ClosedReason, Lane
from bot.domain.log_entries import Blocked, Changed, Unblocked
from bot.domain.rules import LONGEST_REASON, Pause, Tier, changed, with_words
from bot.domain.word_filter import Finding, WordLists
from bot.service.blocking import BLOCKS_ON_PAGE, BlockTarget
from bot.service.errors import (
    BlockFault,
    ChannelNotWritable,
    DraftExpired,
    LimitReached,
    NotBlockable,
)
from bot.service.moderation import RECENT_ORDERS, Moderator
from bot.service.port_errors import PermanentDiscordError, TransientDiscordError
from bot.service.ports.store import PeakUsage
from bot.service.recovery import DRAFT_LIFE
from tests.samples import NOW, a_job, an_order
from tests.service.harness import UNLIMITED

MIRA = Moderator(id=1, guild_id=100)
ELSEWHERE = Moderator(id=1, guild_id=101)
LOG = 900  # the log channel
NOAH = 300  # a member
TARGET = BlockTarget(id=NOAH)


@pytest.fixture
def limits(app):
    return app.cogs.limits


@pytest.fixture
def blocks(app):
    return app.cogs.blocks


@pytest.fixture
async def logged(app):
    """Give the server a log channel; return a function that returns its entries."""
    await app.set_rules(100, replace(UNLIMITED, log_channel=LOG))

    def logged():
        assert {channel_id for channel_id, _ in app.log_channel.entries} <= {LOG}
        return [entry for _, entry in app.log_channel.entries]

    return logged


@pytest.fixture
def order(app):
    """Order a picture as Noah does; return the verdict that refused it, or None."""

    async def order(**changes):
        try:
            await app.order(**{"member_id": NOAH} | changes)
        except LimitReached as refused:
            return refused.verdict
        return None

    return order


def slower(rules):
    """Raise the cooldown by a second."""
    return changed(rules, cooldown=rules.cooldown + 1)


# Changes.


async def test_a_change_applies_at_once_and_is_logged_with_its_moderator(limits, logged):
    before, after = await limits.change(MIRA, slower)

    assert (before.cooldown, after.cooldown) == (0, 1)
    assert await limits.rules(MIRA) == after
    assert (await limits.rules(ELSEWHERE)).cooldown == 0
    assert logged() == [Changed(by=MIRA.id, before=before, after=after)]


async def test_invalid_changes_change_nothing_and_are_not_logged(limits, logged):
    before = await limits.rules(MIRA)

    with pytest.raises(InvalidLimit):
        await limits.change(MIRA, partial(changed, steps=5))
    with pytest.raises(InvalidPhrase):
        await limits.change(MIRA, partial(with_words, block="..."))

    assert await limits.rules(MIRA) == before
    assert logged() == []


async def test_what_makes_no_difference_is_not_logged(limits, logged, blocks):
    await blocks.block(ELSEWHERE, TARGET, hours=None, reason="")

    before, after = await limits.change(MIRA, partial(changed, cooldown=0))
    assert before == after
    assert not await blocks.unblock(MIRA, NOAH)
    assert await limits.resume(MIRA) == (False, None)
    await limits.log_to(MIRA, LOG)

    assert logged() == []


async def test_without_a_log_channel_nothing_is_logged(app, limits, blocks):
    await limits.change(MIRA, slower)
    await blocks.block(MIRA, TARGET, hours=None, reason="")
    await blocks.unblock(MIRA, NOAH)
    await limits.pause(MIRA, reason="")
    await limits.log_to(MIRA, None)

    assert app.log_channel.entries == []


async def test_what_is_deleted_in_discord_is_forgotten_once_and_logged_as_nobodys(app, limits):
    before = replace(UNLIMITED, tiers=(Tier(role_id=7, images=1),), channels=(8,), log_channel=LOG)
    await app.set_rules(100, before)

    both = (limits.forget(100, language="de", roles=[7]) for _ in range(2))
    await asyncio.gather(*both)  # two processes hear of it
    await limits.forget(100, language="de", channels=[8, 9])

    after = await limits.rules(MIRA)
    assert after == replace(before, tiers=(), channels=(), nowhere=True)
    entries = [entry for _, entry in app.log_channel.entries]
    assert [(entry.by, entry.language) for entry in entries] == [(None, "de")] * 2
    assert entries[-1].after == after


@pytest.mark.parametrize(("chosen", "written"), [("de", "de"), (None, "en")])
async def test_the_log_is_in_the_language_that_moderators_chose(
    app, limits, chosen, written, blocks
):
    await app.set_rules(100, replace(UNLIMITED, log_channel=LOG, language=chosen))

    await limits.change(MIRA, slower)
    await blocks.block(MIRA, TARGET, hours=None, reason="")
    await blocks.unblock(MIRA, NOAH)
    await app.tell()
    await limits.log_to(MIRA, LOG + 1)

    assert [entry.language for _, entry in app.log_channel.entries] == [written] * 4
    assert await limits.language(MIRA) == written


# Drafts: a form's change is previewed before it is saved.


async def test_a_draft_changes_nothing_until_it_is_saved(limits, logged):
    draft = await limits.draft(MIRA, {"images": 2})
    assert (draft.before.images, draft.after.images) == (0, 2)
    assert (await limits.rules(MIRA)).images == 0
    assert logged() == []

    _, after = await limits.save(MIRA, draft.id)

    assert after.images == (await limits.rules(MIRA)).images == 2
    assert [entry.after for entry in logged()] == [after]


async def test_a_draft_changes_only_the_fields_that_it_names(limits):
    """What another moderator set in between stays."""
    draft = await limits.draft(MIRA, {"images": 2})
    await limits.change(MIRA, slower)

    await limits.save(MIRA, draft.id)

    rules = await limits.rules(MIRA)
    assert (rules.images, rules.cooldown) == (2, 1)


async def test_a_draft_that_is_saved_twice_is_logged_once(limits, logged):
    draft = await limits.draft(MIRA, {"images": 2})
    await limits.save(MIRA, draft.id)

    before, after = await limits.save(MIRA, draft.id)

    assert before == after
    assert len(logged()) == 1


async def test_another_servers_draft_is_not_found(limits):
    """Ids cannot be guessed, but one may be seen."""
    draft = await limits.draft(MIRA, {"images": 2})

    for by, draft_id in ((ELSEWHERE, draft.id), (MIRA, "0" * 16)):
        with pytest.raises(DraftExpired):
            await limits.save(by, draft_id)

    assert (await limits.rules(ELSEWHERE)).images == 0
    assert (await limits.rules(MIRA)).images == 0


async def test_a_draft_expires_after_a_day(app, limits):
    draft = await limits.draft(MIRA, {"images": 2})
    app.clock.now += DRAFT_LIFE
    await app.services.recovery.sweep()
    assert await app.guilds.load_draft(draft.id, MIRA.guild_id) == {"images": 2}

    app.clock.now += 1
    await app.services.recovery.sweep()

    with pytest.raises(DraftExpired):
        await limits.save(MIRA, draft.id)


async def test_invalid_and_empty_drafts_are_not_stored(app, limits):
    with pytest.raises(InvalidLimit):
        await limits.draft(MIRA, {"images": 99})
    draft = await limits.draft(MIRA, {"images": 0})

    assert draft.before == draft.after
    assert await app.guilds.load_draft(draft.id, MIRA.guild_id) is None


async def test_each_draft_has_an_id_of_its_own(limits):
    drafts = [await limits.draft(MIRA, {"images": 2}) for _ in range(5)]

    assert len({draft.id for draft in drafts}) == 5


# The log channel.


async def test_the_first_entry_in_a_log_channel_is_that_it_is_one(app, limits):
    before, after = await limits.log_to(MIRA, LOG)

    assert (before.log_channel, after.log_channel) == (None, LOG)
    assert app.log_channel.entries == [(LOG, Changed(by=MIRA.id, before=before, after=after))]


@pytest.mark.parametrize(
    "error", [PermanentDiscordError("403 (50001)"), TransientDiscordError("TimeoutError")]
)
async def test_a_channel_that_the_bot_cannot_write_in_is_no_log_channel(app, limits, logged, error):
    """A log that stays silent looks like one where nothing happened."""
    app.log_channel.error = error
    before = await limits.rules(MIRA)

    with pytest.raises(ChannelNotWritable):
        await limits.log_to(MIRA, 901)

    assert await limits.rules(MIRA) == before
    assert logged() == []


async def test_the_last_entry_in_a_log_channel_is_that_it_is_none_any_more(limits, logged):
    before, after = await limits.log_to(MIRA, None)
    await limits.change(MIRA, slower)

    assert after.log_channel is None
    assert logged() == [Changed(by=MIRA.id, before=before, after=after)]


# Blocks.


async def test_a_blocked_member_cannot_order_and_reads_why(app, logged, order, blocks):
    block = await blocks.block(MIRA, TARGET, hours=2, reason=" spam\n again ")
    assert (block.by, block.until, block.reason) == (MIRA.id, NOW + 7200, "spam again")
    await app.tell()
    [entry] = logged()
    assert entry == Blocked(block=block, key=entry.key)

    app.clock.now += 7199
    verdict = await order()
    assert (verdict.rule, verdict.ends_at, verdict.said) == (
        Rule.BLOCKED,
        NOW + 7200,
        "spam again",
    )

    app.clock.now += 1
    assert await order() is None


async def test_a_block_is_of_one_member_in_one_server(order, blocks):
    await blocks.block(MIRA, TARGET, hours=None, reason="")

    assert await order(member_id=NOAH + 1) is None
    assert await order(guild_id=101) is None


async def test_a_new_block_replaces_the_old_one(app, logged, order, blocks):
    await blocks.block(MIRA, TARGET, hours=1, reason="first")
    await blocks.block(MIRA, TARGET, hours=None, reason="without an end")
    app.clock.now += 10**6

    assert (await order()).said == "without an end"
    await app.tell()
    assert len(logged()) == 2


@pytest.mark.parametrize("hours", [0, -1, 10**6, 1.5, "2", True])
async def test_a_block_for_an_invalid_time_is_rejected(app, logged, order, hours, blocks):
    """``True`` is an hour to Python, and a forged client may send it."""
    with pytest.raises(InvalidLimit):
        await blocks.block(MIRA, TARGET, hours=hours, reason="")

    assert await order() is None
    await app.tell()
    assert logged() == []


async def test_an_unblocked_member_orders_again(app, logged, order, blocks):
    await blocks.block(MIRA, TARGET, hours=None, reason="")

    assert await blocks.unblock(MIRA, NOAH)
    assert await order() is None
    await app.tell()
    assert Unblocked in map(type, logged())


@pytest.mark.parametrize(
    ("target", "fault"),
    [
        (BlockTarget(id=MIRA.id), BlockFault.SELF),
        (BlockTarget(id=NOAH, is_bot=True), BlockFault.BOT),
        (BlockTarget(id=NOAH, moderates=True, outranks=True), BlockFault.MODERATOR),
        (BlockTarget(id=NOAH, outranks=True), BlockFault.RANK),
    ],
)
async def test_some_cannot_be_blocked(logged, order, target, fault, blocks):
    with pytest.raises(NotBlockable) as refused:
        await blocks.block(MIRA, target, hours=None, reason="")

    assert (refused.value.member_id, refused.value.fault) == (target.id, fault)
    assert await order() is None
    assert logged() == []


async def test_blocks_that_hold_are_listed_newest_first_by_pages(app, blocks):
    for number in range(BLOCKS_ON_PAGE + 2):
        app.clock.now += 1
        await blocks.block(
            MIRA, BlockTarget(id=400 + number), hours=None if number else 1, reason=""
        )
    await blocks.block(ELSEWHERE, TARGET, hours=None, reason="")
    app.clock.now += 3600

    first, second, beyond = [await blocks.blocks(MIRA, number) for number in (0, 1, 9)]

    newest = [400 + number for number in range(BLOCKS_ON_PAGE + 1, 0, -1)]  # the first one is over
    assert [block.member_id for block in first.blocks] == newest[:BLOCKS_ON_PAGE]
    assert [block.member_id for block in second.blocks] == newest[BLOCKS_ON_PAGE:]
    assert (first.total, first.of, second.number) == (BLOCKS_ON_PAGE + 1, 2, 1)
    assert beyond == second
    assert (await blocks.blocks(replace(MIRA, guild_id=102), 3)).of == 1


async def test_a_member_is_seen_with_block_and_newest_orders_of_this_server(app, limits, blocks):
    for number in range(RECENT_ORDERS + 1):
        await app.put(a_job(id=f"j{number}", member_id=NOAH, created_at=NOW + number))
    await app.put(a_job(id="elsewhere", member_id=NOAH, guild_id=101, created_at=NOW + 99))
    await blocks.block(MIRA, TARGET, hours=1, reason="spam")
    request = AdmissionRequest(order=an_order(), guild_id=100, channel_id=200)

    member = await limits.member(MIRA, NOAH, request)
    app.clock.now += 3600

    assert [job.id for job in member.orders] == ["j5", "j4", "j3", "j2", "j1"]
    assert (member.block.by, member.block.reason) == (MIRA.id, "spam")
    assert next(one for one in member.results if one.refuses).rule is Rule.BLOCKED
    assert (await limits.member(MIRA, NOAH, request)).block is None


# Pauses.


async def test_a_paused_server_accepts_no_orders_and_says_why(limits, logged, order):
    pause = await limits.pause(MIRA, reason="back at\tsix\u200b " + "x" * 500)

    verdict = await order()

    assert pause == Pause(by=MIRA.id, since=NOW, reason=pause.reason)
    assert pause.reason.startswith("back at six x")
    assert len(pause.reason) == LONGEST_REASON
    assert (verdict.rule, verdict.said) == (Rule.PAUSED, pause.reason)
    assert [entry.after.pause for entry in logged()] == [pause]


async def test_orders_made_before_a_pause_go_on(app, limits, order):
    await order()
    await limits.pause(MIRA, reason="")

    assert (await app.submit()).request_id is not None


async def test_a_resumed_server_accepts_orders_again(limits, logged, order):
    await limits.pause(MIRA, reason="")

    assert await limits.resume(MIRA) == (True, None)
    assert await order() is None
    assert [entry.after.pause for entry in logged()[1:]] == [None]


async def test_resume_has_an_empty_wallet_tried_at_once(app, limits, order):
    """After a top-up, moderators need not wait for the time of the probe."""
    await app.set_lane(Lane(closed=ClosedReason.CREDIT, shut_at=NOW, probe_at=NOW + 300))
    assert (await order()).rule is Rule.CREDIT

    assert await limits.resume(MIRA) == (False, ClosedReason.CREDIT)

    assert await order() is None
    assert (await app.lane()).probe == (await app.only_job()).id
    assert await limits.resume(MIRA) == (False, None)  # a probe is under way already
    assert (await order()).rule is Rule.CREDIT


@pytest.mark.parametrize("reason", [*ClosedReason, None])
async def test_resume_has_a_closed_or_paused_lane_try_at_once_and_opens_none(app, limits, reason):
    closed = Lane(closed=reason, paused_until=NOW + 3600, probe_at=NOW + 3600)
    await app.set_lane(closed)
    tries = reason or ClosedReason.BUSY  # a pause that an earlier version recorded

    assert await limits.resume(MIRA) == (False, tries)
    lane = await app.lane()
    assert (lane.closed, lane.probe_due(NOW)) == (tries, True)


async def test_resume_leaves_an_open_lane_as_it_is(app, limits):
    assert await limits.resume(MIRA) == (False, None)
    assert await app.lane() == Lane()


# Explanations.


async def explain(limits, **changes):
    values: dict[str, Any] = {"order": an_order(), "guild_id": 100, "channel_id": 200}
    return await limits.explain(MIRA, NOAH, AdmissionRequest(**values | changes))


async def test_every_rule_is_explained_and_the_first_that_refuses_decides(app, limits, order):
    await app.set_rules(100, replace(UNLIMITED, member_per_day=1, images=1, cooldown=60))
    await order()

    verdicts = await explain(limits)

    assert [verdict.rule for verdict in verdicts] == list(Rule)
    refusing = [verdict for verdict in verdicts if verdict.refuses]
    assert [verdict.rule for verdict in refusing] == [Rule.COOLDOWN, Rule.MEMBER_DAY]
    assert await order() == refusing[0]


async def test_an_explanation_is_of_that_member_there_and_orders_nothing(
    app, limits, logged, blocks
):
    await blocks.block(MIRA, TARGET, hours=None, reason="spam")
    await limits.change(MIRA, partial(changed, channels=(201,)))
    await limits.change(MIRA, partial(with_words, block="lighthouse"))
    entries = logged()

    refusing = [verdict for verdict in await explain(limits) if verdict.refuses]

    assert refusing == [
        RuleResult(rule=Rule.BLOCKED, refuses=True, said="spam"),
        RuleResult(rule=Rule.CHANNEL, refuses=True, channels=(201,)),
        RuleResult(rule=Rule.WORDS, refuses=True, limit=1, said="lighthouse"),
    ]
    assert await app.all_jobs() == []
    assert logged() == entries


async def test_a_prompt_is_checked_for_words_without_an_order(app, limits):
    words = WordLists(blocked=("storm",), allowed=("storm lantern",))
    await app.set_rules(100, replace(UNLIMITED, words=words))

    assert await limits.try_words(MIRA, "a calm sea") == Finding()
    assert await limits.try_words(MIRA, "a Storm") == Finding(blocked="storm")
    assert await limits.try_words(MIRA, "a storm lantern") == Finding(
        blocked="storm", allowed="storm lantern"
    )
    assert await app.all_jobs() == []


async def test_the_overview_says_how_much_of_each_limit_is_used(open_process):
    caps = Caps(images_per_day=500, images_per_guild_per_day=100)
    app = open_process(caps=caps)
    await app.put(
        a_job(member_id=NOAH, order=an_order(images=3)),
        a_job(member_id=NOAH, order=an_order(images=2)),
        a_job(member_id=MIRA.id),
        a_job(guild_id=101, order=an_order(images=4)),
    )

    overview = await app.cogs.limits.overview(MIRA)

    assert (overview.rules, overview.caps) == (UNLIMITED, caps)
    usage = overview.standing.usage
    assert (usage.everywhere, usage.server, usage.server_at_once) == (10, 6, 3)
    assert overview.peaks == PeakUsage(images=5, member_id=NOAH, at_once=2)

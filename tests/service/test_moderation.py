"""What moderators do, and what their server's log channel hears of it."""

from dataclasses import replace
from functools import partial

import pytest

from bot.domain.admission import AdmissionRequest, Caps, Rule, RuleResult
from bot.domain.errors import InvalidLimit, InvalidPhrase
from bot.domain.lane import ClosedReason, Lane
from bot.domain.log_entries import Blocked, Changed, Unblocked
from bot.domain.rules import LONGEST_REASON, Pause, changed, with_words
from bot.domain.word_filter import Finding, WordLists
from bot.service.errors import ChannelNotWritable, DraftExpired, LimitReached
from bot.service.moderation import ModerationService, Moderator
from bot.service.port_errors import PermanentDiscordError, TransientDiscordError
from bot.service.ports.store import PeakUsage
from bot.service.recovery import DRAFT_LIFE
from tests.samples import LANE, NOW, a_job, an_order
from tests.service.conftest import (
    UNLIMITED,
    FakeNotices,
    a_request,
    answered,
    service_settings,
    take,
)

MIRA = Moderator(id=1, guild_id=100)
ELSEWHERE = Moderator(id=1, guild_id=101)
LOG = 900  # the log channel
NOAH = 300  # a member


@pytest.fixture
def limits(shop):
    return shop.limits


@pytest.fixture
def logged(shop):
    """Give the server a log channel; return what that hears."""
    shop.guilds.kept[100] = replace(UNLIMITED, log_channel=LOG)

    def logged():
        assert {channel_id for channel_id, _ in shop.log_channel.told} <= {LOG}
        return [notice for _, notice in shop.log_channel.told]

    return logged


@pytest.fixture
def order(shop):
    """Order a picture as Noah does; return which rule refused it, or None."""

    async def order(**changes):
        try:
            await take(shop.orders, a_request(member_id=NOAH, **changes), answered)
        except LimitReached as refused:
            return refused.verdict
        return None

    return order


def slower(rules):
    """Raise the cooldown by a second."""
    return changed(rules, cooldown=rules.cooldown + 1)


# Changes.


async def test_a_change_holds_at_once_and_is_told_with_who_made_it(shop, limits, logged):
    before, after = await limits.change(MIRA, slower)

    assert (before.cooldown, after.cooldown) == (0, 1)
    assert await limits.rules(MIRA) == after
    assert logged() == [Changed(by=MIRA.id, before=before, after=after)]


async def test_a_change_is_one_server_s_alone(shop, limits):
    await limits.change(MIRA, slower)

    assert (await limits.rules(ELSEWHERE)).cooldown == 0


async def test_what_can_not_be_changed_is_not_told(shop, limits, logged):
    before = await limits.rules(MIRA)

    with pytest.raises(InvalidLimit):
        await limits.change(MIRA, partial(changed, steps=5))
    with pytest.raises(InvalidPhrase):
        await limits.change(MIRA, partial(with_words, block="..."))

    assert await limits.rules(MIRA) == before
    assert logged() == []


async def test_a_change_that_makes_no_difference_is_no_news(limits, logged):
    before, after = await limits.change(MIRA, partial(changed, cooldown=0))

    assert before == after
    assert logged() == []


async def test_a_server_without_a_log_channel_is_told_nothing(shop, limits):
    await limits.change(MIRA, slower)
    await limits.block(MIRA, NOAH, hours=None, reason="")
    await limits.unblock(MIRA, NOAH)
    await limits.pause(MIRA, reason="")

    assert shop.log_channel.told == []


# Drafts: a form's change is looked at before it is saved.


async def test_a_draft_changes_nothing_until_it_is_saved(limits, logged):
    draft = await limits.draft(MIRA, {"images": 2})
    assert (draft.before.images, draft.after.images) == (0, 2)
    assert (await limits.rules(MIRA)).images == 0
    assert logged() == []

    _, after = await limits.save(MIRA, draft.id)

    assert after.images == (await limits.rules(MIRA)).images == 2
    assert [notice.after for notice in logged()] == [after]


async def test_a_draft_changes_only_what_it_names(limits):
    """What another moderator set in between stays."""
    draft = await limits.draft(MIRA, {"images": 2})
    await limits.change(MIRA, slower)

    await limits.save(MIRA, draft.id)

    rules = await limits.rules(MIRA)
    assert (rules.images, rules.cooldown) == (2, 1)


async def test_saving_twice_is_told_once(limits, logged):
    draft = await limits.draft(MIRA, {"images": 2})
    await limits.save(MIRA, draft.id)

    before, after = await limits.save(MIRA, draft.id)

    assert before == after
    assert len(logged()) == 1


async def test_another_servers_draft_is_none(limits):
    """Ids are not to be guessed, but one may be seen."""
    draft = await limits.draft(MIRA, {"images": 2})

    for by, draft_id in ((ELSEWHERE, draft.id), (MIRA, "0" * 16)):
        with pytest.raises(DraftExpired):
            await limits.save(by, draft_id)

    assert (await limits.rules(ELSEWHERE)).images == 0
    assert (await limits.rules(MIRA)).images == 0


async def test_a_draft_that_nobody_saves_is_forgotten_after_a_day(shop, limits):
    draft = await limits.draft(MIRA, {"images": 2})
    shop.clock.now += DRAFT_LIFE
    await shop.round()
    assert shop.guilds.drafts

    shop.clock.now += 1
    await shop.round()

    with pytest.raises(DraftExpired):
        await limits.save(MIRA, draft.id)


async def test_nonsense_and_nothing_are_not_kept(shop, limits):
    with pytest.raises(InvalidLimit):
        await limits.draft(MIRA, {"images": 99})
    draft = await limits.draft(MIRA, {"images": 0})

    assert draft.before == draft.after
    assert shop.guilds.drafts == {}


async def test_each_draft_has_an_id_of_its_own(limits):
    drafts = [await limits.draft(MIRA, {"images": 2}) for _ in range(5)]

    assert len({draft.id for draft in drafts}) == 5


# The log channel.


async def test_the_first_line_in_a_log_channel_is_that_it_is_one(shop, limits):
    before, after = await limits.log_to(MIRA, LOG)

    assert (before.log_channel, after.log_channel) == (None, LOG)
    assert shop.log_channel.told == [(LOG, Changed(by=MIRA.id, before=before, after=after))]


class Unwritable(FakeNotices):
    """Log channels that Discord lets nobody write in, for a reason."""

    def __init__(self, error):
        super().__init__()
        self._error = error

    async def write(self, _channel_id, _notice):
        raise self._error


@pytest.mark.parametrize(
    "error", [PermanentDiscordError("403 (50001)"), TransientDiscordError("TimeoutError")]
)
async def test_a_channel_that_can_not_be_written_in_is_no_log(shop, logged, error):
    """A log that is silent for ever looks like one where nothing happened."""
    limits = ModerationService(
        settings=service_settings(),
        guilds=shop.guilds,
        jobs=shop.jobs,
        lanes=shop.lanes,
        log_channel=Unwritable(error),
        now=shop.clock,
    )
    before = await limits.rules(MIRA)

    with pytest.raises(ChannelNotWritable):
        await limits.log_to(MIRA, 901)

    assert await limits.rules(MIRA) == before
    assert logged() == []


async def test_a_log_that_is_ended_hears_of_that_last(limits, logged):
    before, after = await limits.log_to(MIRA, None)
    await limits.change(MIRA, slower)

    assert after.log_channel is None
    assert logged() == [Changed(by=MIRA.id, before=before, after=after)]


async def test_the_same_log_channel_is_no_news(limits, logged):
    await limits.log_to(MIRA, LOG)

    assert logged() == []


async def test_no_log_where_there_was_none_is_no_news(shop, limits):
    await limits.log_to(MIRA, None)

    assert shop.log_channel.told == []


# Blocks.


async def test_a_blocked_member_orders_nothing_and_reads_why(limits, logged, order):
    block = await limits.block(MIRA, NOAH, hours=2, reason=" spam\n again ")

    refused = await order()

    assert (block.by, block.until, block.reason) == (MIRA.id, NOW + 7200, "spam again")
    assert (refused.rule, refused.ends_at, refused.said) == (Rule.BLOCKED, NOW + 7200, "spam again")
    assert logged() == [Blocked(block=block)]


async def test_a_block_is_one_members_in_one_server(shop, limits):
    await limits.block(MIRA, NOAH, hours=None, reason="")

    await take(shop.orders, a_request(member_id=NOAH + 1), answered)
    await take(shop.orders, a_request(member_id=NOAH, guild_id=101), answered)


async def test_a_block_ends_by_itself(shop, limits, order):
    await limits.block(MIRA, NOAH, hours=2, reason="")
    shop.clock.now += 7199
    assert (await order()).rule is Rule.BLOCKED

    shop.clock.now += 1

    assert await order() is None


async def test_a_new_block_takes_the_place_of_the_old_one(shop, limits, logged, order):
    await limits.block(MIRA, NOAH, hours=1, reason="first")
    await limits.block(MIRA, NOAH, hours=None, reason="for good")
    shop.clock.now += 10**6

    assert (await order()).said == "for good"
    assert len(logged()) == 2


@pytest.mark.parametrize("hours", [0, -1, 10**6, 1.5, "2", True])
async def test_a_block_for_no_sensible_time_is_none(shop, limits, logged, order, hours):
    """``True`` is an hour to Python, and what a crafted client may send."""
    with pytest.raises(InvalidLimit):
        await limits.block(MIRA, NOAH, hours=hours, reason="")

    assert await order() is None
    assert logged() == []


async def test_an_unblocked_member_orders_again(limits, logged, order):
    await limits.block(MIRA, NOAH, hours=None, reason="")

    assert await limits.unblock(MIRA, NOAH)
    assert await order() is None
    assert logged()[1:] == [Unblocked(by=MIRA.id, member_id=NOAH)]


async def test_to_unblock_who_is_not_blocked_is_no_news(limits, logged):
    await limits.block(ELSEWHERE, NOAH, hours=None, reason="")

    assert not await limits.unblock(MIRA, NOAH)
    assert logged() == []


# Pauses.


async def test_a_paused_server_takes_no_orders_and_says_why(limits, logged, order):
    pause = await limits.pause(MIRA, reason="back at\tsix\u200b " + "x" * 500)

    refused = await order()

    assert pause == Pause(by=MIRA.id, since=NOW, reason=pause.reason)
    assert pause.reason.startswith("back at six x")
    assert len(pause.reason) == LONGEST_REASON
    assert (refused.rule, refused.said) == (Rule.PAUSED, pause.reason)
    assert [notice.after.pause for notice in logged()] == [pause]


async def test_what_was_ordered_before_a_pause_goes_on(shop, limits, order):
    await order()
    await limits.pause(MIRA, reason="")

    job = await shop.submitter.submit(await shop.dispatcher.next())

    assert job.request_id is not None


async def test_a_resumed_server_takes_orders_again(limits, logged, order):
    await limits.pause(MIRA, reason="")

    assert await limits.resume(MIRA) == (True, False)
    assert await order() is None
    assert [notice.after.pause for notice in logged()[1:]] == [None]


async def test_to_resume_what_is_not_paused_is_no_news(limits, logged):
    assert await limits.resume(MIRA) == (False, False)
    assert logged() == []


async def test_to_resume_has_an_empty_wallet_tried_now(shop, limits, order):
    """Whoever topped it up need not wait for the time of the probe."""
    shop.lanes.lanes[LANE] = Lane(closed=ClosedReason.CREDIT, shut_at=NOW, probe_at=NOW + 300)
    assert (await order()).rule is Rule.CREDIT

    assert await limits.resume(MIRA) == (False, True)

    assert await order() is None
    assert shop.lanes.lanes[LANE].probe == shop.jobs.only.id
    assert await limits.resume(MIRA) == (False, False)  # one is trying already
    assert (await order()).rule is Rule.CREDIT


@pytest.mark.parametrize(
    "lane", [Lane(closed=ClosedReason.KEY), Lane(paused_until=NOW + 3600), Lane()], ids=str
)
async def test_to_resume_opens_nothing_else(shop, limits, lane):
    shop.lanes.lanes[LANE] = lane

    assert await limits.resume(MIRA) == (False, False)
    assert replace(shop.lanes.lanes[LANE], probe_at=0.0) == lane


# Looking.


async def explained(limits, **changes):
    ask = AdmissionRequest(**{"order": an_order(), "guild_id": 100, "channel_id": 200} | changes)
    return await limits.explain(MIRA, NOAH, ask)


async def test_every_rule_is_explained_and_the_first_that_refuses_decides(shop, limits, order):
    shop.guilds.kept[100] = replace(UNLIMITED, member_per_day=1, images=1, cooldown=60)
    await order()

    verdicts = await explained(limits)

    assert [verdict.rule for verdict in verdicts] == list(Rule)
    refusing = [verdict for verdict in verdicts if verdict.refuses]
    assert [verdict.rule for verdict in refusing] == [Rule.COOLDOWN, Rule.MEMBER_DAY]
    assert await order() == refusing[0]


async def test_an_explanation_orders_nothing_and_tells_nobody(shop, limits, logged):
    await limits.change(MIRA, partial(with_words, block="lighthouse"))
    told = logged()

    verdicts = await explained(limits)

    assert [verdict.said for verdict in verdicts if verdict.refuses] == ["lighthouse"]
    assert shop.jobs.rows == {}
    assert logged() == told


async def test_an_explanation_is_of_that_member_there(limits):
    await limits.block(MIRA, NOAH, hours=None, reason="spam")
    await limits.change(MIRA, partial(changed, channels=(201,)))

    refusing = [verdict for verdict in await explained(limits) if verdict.refuses]

    assert refusing == [
        RuleResult(rule=Rule.BLOCKED, refuses=True, said="spam"),
        RuleResult(rule=Rule.CHANNEL, refuses=True, channels=(201,)),
    ]


async def test_a_prompt_is_tried_on_the_words_without_an_order(shop, limits):
    shop.guilds.kept[100] = replace(
        UNLIMITED, words=WordLists(blocked=("storm",), allowed=("storm lantern",))
    )

    assert await limits.try_words(MIRA, "a calm sea") == Finding()
    assert await limits.try_words(MIRA, "a Storm") == Finding(blocked="storm")
    assert await limits.try_words(MIRA, "a storm lantern") == Finding(
        blocked="storm", allowed="storm lantern"
    )
    assert shop.jobs.rows == {}


async def test_the_overview_tells_how_much_of_each_limit_is_used(open_shop):
    caps = Caps(images_per_day=500, images_per_guild_per_day=100)
    shop = open_shop(caps=caps)
    shop.jobs.put(
        a_job(member_id=NOAH, order=an_order(images=3)),
        a_job(member_id=NOAH, order=an_order(images=2)),
        a_job(member_id=MIRA.id),
        a_job(guild_id=101, order=an_order(images=4)),
    )

    overview = await shop.limits.overview(MIRA)

    assert (overview.rules, overview.caps) == (UNLIMITED, caps)
    usage = overview.standing.usage
    assert (usage.everywhere, usage.server, usage.server_at_once) == (10, 6, 3)
    assert overview.peaks == PeakUsage(images=5, at_once=2)

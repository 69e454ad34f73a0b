"""Which lines a server's log channel gets: moderators choose of what kinds."""

from dataclasses import replace

import pytest

from bot.domain.lane import ClosedReason, Lane
from bot.domain.log_entries import Changed, LaneClosed, OrdersPlaced, WordRefused
from bot.domain.log_kinds import LogKind
from bot.domain.rules import Rules, changed, with_words
from bot.service.errors import LimitReached
from bot.service.moderation import Moderator
from bot.service.port_errors import PermanentDiscordError
from tests.samples import NOW
from tests.service.harness import UNLIMITED

GUILD, LOG = 100, 900
MIRA = Moderator(id=1, guild_id=GUILD)
PUBLIC, PRIVATE = LogKind.ORDERS, LogKind.PRIVATE_ORDERS


@pytest.fixture
def choose(app):
    """Choose the kinds of lines."""

    async def choose(*kinds):
        rules = with_words(replace(UNLIMITED, log_channel=LOG, log_kinds=kinds), block="wolf")
        await app.set_rules(GUILD, rules)

    return choose


def logged(app):
    assert {channel for channel, _ in app.log_channel.entries} <= {LOG}
    return [entry for _, entry in app.log_channel.entries]


@pytest.mark.parametrize("kinds", [Rules().log_kinds, (PUBLIC,), (PRIVATE,), (PUBLIC, PRIVATE)])
async def test_orders_are_logged_if_that_is_chosen_private_ones_apart(app, choose, kinds):
    await choose(*kinds)
    public, private = await app.order(language="de"), await app.order(private=True)

    wanted = [job for job, kind in ((public, PUBLIC), (private, PRIVATE)) if kind in kinds]
    entries = logged(app)
    assert {type(entry) for entry in entries} <= {OrdersPlaced}
    assert [job.id for entry in entries for job in entry.jobs] == [job.id for job in wanted]


async def test_an_order_whose_member_was_not_answered_is_not_logged(app, choose):
    await choose(PUBLIC)

    async def refused():
        raise PermanentDiscordError("404 (10062)")

    await app.order(answer=refused)

    assert logged(app) == []


@pytest.mark.parametrize("kind", [LogKind.WORDS, LogKind.CHANGES, LogKind.SERVICE])
@pytest.mark.parametrize("chosen", [True, False])
async def test_a_kind_that_is_not_chosen_is_not_written(app, choose, kind, chosen):
    kinds = LogKind if chosen else {*LogKind} - {kind}
    await choose(*(one for one in kinds if one not in {PUBLIC, PRIVATE}))
    match kind:
        case LogKind.WORDS:
            with pytest.raises(LimitReached):
                await app.order(prompt="a wolf")
        case LogKind.CHANGES:
            await app.cogs.limits.change(MIRA, lambda rules: changed(rules, cooldown=5))
        case _:
            await app.set_lane(Lane(closed=ClosedReason.KEY, shut_at=NOW, probe_at=NOW + 300))
            await app.sweep()

    kinds_of_entries = {LogKind.WORDS: WordRefused, LogKind.CHANGES: Changed}
    expected = [kinds_of_entries.get(kind, LaneClosed)] if chosen else []
    assert [type(entry) for entry in logged(app)] == expected


async def test_that_the_log_is_turned_off_or_writes_less_is_logged_in_any_case(app, choose):
    await choose(*Rules().log_kinds)
    await app.cogs.limits.log_to(MIRA, LOG, log_kinds=())
    await app.cogs.limits.log_to(MIRA, None)

    assert [type(entry) for entry in logged(app)] == [Changed, Changed]

"""Servers and members that the operator bars from ordering."""

from dataclasses import replace

import pytest

from bot.domain.admission import SAMPLE, AdmissionRequest, Caps, Rule
from bot.domain.denials import DeniedKind
from bot.domain.errors import InvalidLimit
from bot.domain.job import EndReason, State
from bot.domain.log_entries import ServerAllowed, ServerDenied
from bot.service.errors import LimitReached
from bot.service.member_account import MemberAccount
from tests.samples import NOW, a_job
from tests.service.conftest import on_each_engine
from tests.service.harness import UNLIMITED

OPERATOR, GUILD, MEMBER = 7, 100, 300
SERVER_BAR = (DeniedKind.SERVER, GUILD)
MEMBER_BAR = (DeniedKind.MEMBER, MEMBER)


@pytest.fixture
def denials(app):
    return app.cogs.denials


@pytest.fixture
def refused(app):
    """Try to order; return the rule that refuses, or ``None``."""

    async def refused(**changes):
        try:
            await app.order(**changes)
        except LimitReached as error:
            return error.verdict
        return None

    return refused


@on_each_engine
@pytest.mark.parametrize(
    ("bar", "rule", "there", "elsewhere"),
    [
        (SERVER_BAR, Rule.DENIED_SERVER, {"member_id": 301}, {"guild_id": 101}),
        (MEMBER_BAR, Rule.DENIED_MEMBER, {"guild_id": 101}, {"member_id": 301}),
    ],
)
async def test_a_barred_server_or_member_reads_which_rule_decided_and_when_it_ends(
    app, denials, refused, bar, rule, there, elsewhere
):
    await denials.bar(*bar, by=OPERATOR, hours=2, reason=" spam\n again ")

    for verdict in (await refused(), await refused(**there)):
        assert (verdict.rule, verdict.ends_at, verdict.said) == (rule, NOW + 7200, "spam again")
        assert verdict.operators
    assert await refused(**elsewhere) is None

    app.clock.now += 7200
    assert await refused() is None


async def test_a_barred_member_cannot_order_outside_of_servers_either(open_process, denials):
    direct = open_process(caps=Caps(direct=True))
    await denials.bar(*MEMBER_BAR, by=OPERATOR, hours=None, reason="")

    with pytest.raises(LimitReached) as refused:
        await direct.order(guild_id=None)

    assert refused.value.verdict.rule is Rule.DENIED_MEMBER


@pytest.mark.parametrize("bar", [SERVER_BAR, MEMBER_BAR])
async def test_who_is_allowed_again_can_order(denials, refused, bar):
    await denials.bar(*bar, by=OPERATOR, hours=1, reason="first")
    await denials.bar(*bar, by=None, hours=None, reason="replaces it")
    assert ((await refused()).said, (await refused()).ends_at) == ("replaces it", None)

    assert await denials.lift(*bar, by=OPERATOR)

    assert await refused() is None
    assert not await denials.lift(*bar, by=OPERATOR)


@pytest.mark.parametrize("hours", [0, -1, 24 * 365 + 1])
async def test_a_bar_of_no_such_length_is_none(denials, refused, hours):
    with pytest.raises(InvalidLimit):
        await denials.bar(*MEMBER_BAR, by=OPERATOR, hours=hours, reason="")

    assert await refused() is None


@on_each_engine
@pytest.mark.parametrize("bar", [SERVER_BAR, MEMBER_BAR])
async def test_what_waits_is_given_back_and_what_was_sent_goes_on(app, denials, bar):
    sent = a_job(state=State.QUEUED, request_id="r-1", owner="here")
    waiting = a_job(answered_at=NOW)
    other = a_job(answered_at=NOW, guild_id=101, member_id=301)
    await app.put(sent, waiting, other)

    await denials.bar(*bar, by=OPERATOR, hours=1, reason="")
    await app.sweep()

    ended = await app.job(waiting.id)
    assert (ended.state, ended.end_reason, ended.billed) == ("REFUSED", EndReason.DENIED, "no")
    assert (await app.job(sent.id)).state is State.QUEUED
    assert (await app.job(other.id)).state is State.WAITING


async def test_the_servers_log_tells_of_its_bar_and_of_no_members(app, denials):
    await app.set_rules(GUILD, replace(UNLIMITED, log_channel=900))

    await denials.bar(*SERVER_BAR, by=OPERATOR, hours=1, reason="spam")
    await denials.bar(*MEMBER_BAR, by=OPERATOR, hours=1, reason="")
    app.clock.now += 1
    await denials.lift(*SERVER_BAR, by=OPERATOR)
    await denials.lift(*SERVER_BAR, by=OPERATOR)
    await app.tell()

    barred, allowed = [replace(entry, key=None) for _, entry in app.log_channel.entries]
    assert barred == ServerDenied(until=NOW + 3600, reason="spam", language=barred.language)
    assert allowed == ServerAllowed(language=barred.language)


async def test_the_help_says_that_no_orders_are_taken_in_a_barred_server(app, denials):
    request = AdmissionRequest(order=SAMPLE, guild_id=GUILD, channel_id=200)
    await denials.bar(*SERVER_BAR, by=OPERATOR, hours=1, reason="")

    place = await app.cogs.account.place(request)

    assert place.violation.rule is Rule.DENIED_SERVER


async def test_the_bars_that_hold_are_listed_in_pages(app, denials):
    for number in range(9):
        await denials.bar(DeniedKind.MEMBER, number + 1, by=None, hours=number + 1, reason="")
        app.clock.now += 1

    first, beyond = await denials.page(0), await denials.page(7)
    assert [one.id for one in first.denials] == list(range(9, 1, -1))
    assert ([one.id for one in beyond.denials], beyond.number, beyond.of) == ([1], 1, 2)

    app.clock.now += 3600
    assert (await denials.page(0)).total == 8


async def test_a_member_reads_their_bar_in_the_export_and_deletes_none(app, denials, refused):
    """Whoever was barred could lift it themself otherwise."""
    account: MemberAccount = app.cogs.account
    await denials.bar(*MEMBER_BAR, by=OPERATOR, hours=1, reason="spam")

    await account.erase(MEMBER)

    exported = await account.export(MEMBER)
    assert (await refused()).rule is Rule.DENIED_MEMBER
    assert b'"reason": "spam"' in exported
    assert f'"by": {OPERATOR}'.encode() not in exported


async def test_a_bar_that_is_over_is_erased(app, denials):
    await denials.bar(*MEMBER_BAR, by=OPERATOR, hours=1, reason="spam")
    await denials.bar(*SERVER_BAR, by=OPERATOR, hours=None, reason="spam")
    await app.services.retention.sweep()
    assert await app.members.denial(MEMBER) is not None

    app.clock.now += 3601
    await app.services.retention.sweep()

    assert await app.members.denial(MEMBER) is None
    assert (await denials.page(0)).total == 1

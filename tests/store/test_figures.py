"""The figures of a server, by day and by member, and what is not in them."""

import pytest

from bot.domain.admission import Rule
from bot.domain.deeds import Deed, DeedKind
from bot.domain.figures import DAY, DayFigures, MemberFigures
from bot.domain.job import Billed, State
from bot.service.ports.store import MemberSettings
from bot.store.deeds import Deeds
from bot.store.figures import Figures
from bot.store.members import Members
from tests.samples import NOW, an_order

GUILD = 100
TODAY = int(NOW - NOW % DAY)
YESTERDAY = TODAY - DAY


@pytest.fixture
def figures(database):
    return Figures(database)


@pytest.fixture
def of_server(figures):
    async def of_server(guild_id=GUILD, *, days=2, top=10):
        since = TODAY - (days - 1) * DAY
        return await figures.of_server(guild_id, since=since, days=days, top=top)

    return of_server


@pytest.fixture
def order(add):
    """Record an order of so many images."""

    async def order(images=1, state=State.DELIVERED, *, prompt="a fox", **changes):
        billed = Billed.NO if state in {State.REFUSED, State.ERROR, State.CANCELLED} else Billed.YES
        values = {"state": state, "billed": billed, "created_at": TODAY, "price": 1000 * images}
        return await add(order=an_order(prompt=prompt, images=images), **values | changes)

    return order


async def test_each_day_has_its_orders_whatever_became_of_them(of_server, order):
    await order(4, created_at=TODAY + DAY - 0.001)
    await order(3, member_id=301)
    await order(2, State.WAITING, billed=Billed.NO)
    await order(1, State.PROCESSING, billed=Billed.UNKNOWN, member_id=302, private=True)
    await order(4, State.COMPLETED, member_id=303)
    await order(1, State.UNCERTAIN, billed=Billed.UNKNOWN)
    for state in (State.REFUSED, State.ERROR, State.FAILED, State.CANCELLED):
        await order(4, state)
    await order(2, created_at=TODAY - 0.001, price=None)
    await order(2, created_at=YESTERDAY)
    await order(4, created_at=YESTERDAY - 0.001)
    await order(4, guild_id=101)

    figures = await of_server()

    assert figures.days == [
        DayFigures(day=YESTERDAY, orders=2, members=1, images=4, cost=2000),
        # What FAILED may have been paid for.
        DayFigures(day=TODAY, orders=10, members=4, images=15, failures=3, cost=19_000),
    ]
    assert figures.members == 4
    assert figures.top[0] == MemberFigures(member_id=300, orders=9, images=11, cost=13_000)
    assert [one.member_id for one in figures.top[1:]] == [303, 301, 302]
    assert [one.member_id for one in (await of_server(top=2)).top] == [300, 303]
    assert figures.total.images == 19
    assert figures.total.members == 4


async def test_a_server_without_orders_has_days_nevertheless(of_server):
    figures = await of_server(7, days=3)

    assert figures.days == [DayFigures(day=TODAY - back * DAY) for back in (2, 1, 0)]
    assert (figures.members, figures.top) == (0, [])


async def test_who_had_their_data_erased_is_counted_and_not_named(of_server, order, database):
    await order(4, prompt="")  # what is left of an erased order of today
    await order(1)  # ordered since
    await order(2, member_id=301)
    await order(3, State.PROCESSING, member_id=301, billed=Billed.UNKNOWN)
    members = Members(database)
    await members.change(301, lambda _: MemberSettings(forget_before=NOW))

    figures = await of_server()

    assert figures.top == [MemberFigures(member_id=300, orders=1, images=1, cost=1000)]
    assert (figures.members, figures.total.images) == (2, 10)


async def test_refusals_add_up_by_day_and_rule_and_reports_count(of_server, figures, database):
    words, cooldown = Rule.WORDS, Rule.COOLDOWN
    for counts in (
        {(GUILD, TODAY, words): 2, (GUILD, YESTERDAY, words): 1, (101, TODAY, words): 9},
        {(GUILD, TODAY, words): 3, (GUILD, TODAY, cooldown): 1, (GUILD, TODAY, "later"): 1},
        {(GUILD, YESTERDAY - DAY, words): 7},
    ):
        await figures.count_refusals(counts)
    for number, kind in enumerate((DeedKind.REPORT, DeedKind.REPORT, DeedKind.ENTRY)):
        await Deeds(database).add(Deed(id=f"{number}", guild_id=GUILD, at=NOW, kind=kind))

    yesterday, today = (await of_server()).days

    assert yesterday.refusals == {words: 1}
    assert today.refusals == {words: 5, cooldown: 1}
    assert (today.refused, today.reports) == (6, 2)
    assert (await of_server()).total.refusals == {words: 6, cooldown: 1}


async def test_old_numbers_of_refusals_are_erased_and_those_of_a_left_server(
    of_server, figures, guilds
):
    days = {(guild, day, Rule.WORDS): 1 for guild in (GUILD, 101) for day in (YESTERDAY, TODAY)}
    await figures.count_refusals(days)
    assert await guilds.erase_refusals(before=TODAY) == 2
    await guilds.record_joined({101})
    await guilds.record_left({101}, now=NOW)
    assert await guilds.forget(101, left_before=NOW + 1)

    assert [day.refused for day in (await of_server()).days] == [0, 1]
    assert [day.refused for day in (await of_server(101)).days] == [0, 0]

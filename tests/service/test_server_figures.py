"""The figures of a server for its moderators, and the refusals that are counted for them."""

import pytest

from bot.domain.admission import Rule
from bot.domain.figures import DAY
from bot.domain.rules import Rules, with_words
from bot.service.errors import LimitReached
from bot.service.moderation import Moderator
from bot.service.settings import RetentionPolicy
from bot.store.figures import Figures
from tests.samples import NOW
from tests.service.conftest import on_each_engine
from tests.service.harness import background

GUILD = 100
TODAY = int(NOW - NOW % DAY)
MODERATOR = Moderator(id=1, guild_id=GUILD)
STRICT = with_words(Rules(member_per_day=2), block="fox")


async def refused(app, **changes):
    with pytest.raises(LimitReached):
        await app.order(**changes)


async def figures(app, days=None):
    return (await app.cogs.figures.report(MODERATOR, days)).figures


@on_each_engine
async def test_each_refusal_is_counted_by_its_rule_on_its_day_whatever_process_saw_it(open_process):
    first, second = open_process(), open_process()
    await first.set_rules(GUILD, STRICT)
    await refused(first, prompt="a red fox")
    await refused(second, prompt="a fox")
    await second.services.refusals.close()
    await first.order(images=2, private=True)
    await refused(first)

    today = (await figures(first)).days[-1]

    assert today.refusals == {Rule.WORDS: 2, Rule.MEMBER_DAY: 1}
    assert (today.orders, today.images) == (1, 2)


async def test_refusals_are_written_in_the_background_and_at_the_end_whatever_fails(app):
    await app.set_rules(GUILD, STRICT)
    await refused(app, prompt="a fox")
    app.faults.figures.away = True
    async with background(app.services.refusals.run()):
        await app.faults.figures.refused("count_refusals", times=2)
        app.faults.figures.away = False
        await app.faults.figures.returned("count_refusals")
    assert (await figures(app)).total.refusals == {Rule.WORDS: 1}

    await refused(app, prompt="a fox")
    await app.cogs.orders.close()
    stored = await Figures(app.database).of_server(GUILD, since=TODAY, days=1, top=0)
    assert stored.total.refusals == {Rule.WORDS: 2}


@pytest.mark.parametrize(
    ("asked", "kept", "days"), [(None, 90, 30), (7, 90, 7), (300, 90, 90), (999, 0, 366), (5, 1, 1)]
)
async def test_no_more_days_are_shown_than_orders_are_stored(open_process, asked, kept, days):
    app = open_process(retention=RetentionPolicy(files_days=7, orders_days=kept))

    shown = (await figures(app, asked)).days

    assert len(shown) == days
    assert shown[-1].day == TODAY


@pytest.mark.parametrize("costs", [True, False])
async def test_the_operator_decides_whether_moderators_see_what_orders_cost(open_process, costs):
    app = open_process(show_costs=costs)

    assert (await app.cogs.figures.report(MODERATOR, None)).costs is costs
    assert (await app.cogs.limits.overview(MODERATOR)).costs is costs


async def test_refusals_are_kept_as_long_as_orders(app):
    await app.set_rules(GUILD, STRICT)
    await refused(app, prompt="a fox")
    for days, left in ((89, 1), (91, 0)):
        await app.services.refusals.flush()
        app.clock.now = NOW + days * DAY
        await app.services.retention.sweep()
        stored = await Figures(app.database).of_server(GUILD, since=TODAY, days=1, top=0)
        assert stored.total.refused == left

"""Who may do what the bot's operator does: Discord says so, and not for ever."""

import asyncio

import pytest

from bot.service.errors import NotAnOperator, OperatorsUnknown
from bot.service.operators import AGAIN, FRESH, STALE
from bot.service.port_errors import TransientDiscordError

OWNER, FRIEND, STRANGER = 7, 8, 9


@pytest.fixture
def operators(app):
    return app.cogs.operators


async def test_the_answer_is_reused_for_operators_and_asked_again_later(app, operators):
    for _ in range(3):
        assert (await operators.check(OWNER)).id == OWNER
    assert app.application.asked == 1

    app.clock.now += FRESH
    app.application.ids = frozenset({FRIEND})

    with pytest.raises(NotAnOperator):
        await operators.check(OWNER)
    assert (await operators.check(FRIEND)).id == FRIEND
    assert app.application.asked == 2


async def test_a_new_member_of_the_team_is_known_soon_and_a_stranger_asks_seldom(app, operators):
    for _ in range(5):
        with pytest.raises(NotAnOperator):
            await operators.check(STRANGER)
    assert app.application.asked == 1

    app.application.ids |= {STRANGER}
    app.clock.now += AGAIN

    assert (await operators.check(STRANGER)).id == STRANGER
    assert app.application.asked == 2


async def test_many_who_ask_at_once_ask_discord_once(app, operators):
    app.application.gate.close()
    asking = [asyncio.create_task(operators.check(OWNER)) for _ in range(20)]
    await app.application.gate.reached.wait()
    app.application.gate.open()

    assert {operator.id for operator in await asyncio.gather(*asking)} == {OWNER}
    assert app.application.asked == 1


async def test_while_discord_does_not_say_nobody_is_one_unless_they_were_lately(app, operators):
    app.application.error = TransientDiscordError("away")
    with pytest.raises(OperatorsUnknown):
        await operators.check(OWNER)

    app.application.error = None
    await operators.check(OWNER)
    app.application.error = TransientDiscordError("away")
    app.clock.now += STALE - 1
    await operators.check(OWNER)
    with pytest.raises(NotAnOperator):
        await operators.check(STRANGER)

    app.clock.now += 1
    with pytest.raises(OperatorsUnknown):
        await operators.check(OWNER)


async def test_an_answer_that_does_not_come_in_time_makes_nobody_one(app, operators):
    app.application.gate.close()

    with pytest.raises(OperatorsUnknown):
        await operators.check(OWNER, within=0.01)


async def test_a_clock_that_was_set_back_makes_no_answer_last(app, operators):
    await operators.check(OWNER)
    app.application.ids = frozenset({FRIEND})

    app.clock.now -= 1

    with pytest.raises(NotAnOperator):
        await operators.check(OWNER)

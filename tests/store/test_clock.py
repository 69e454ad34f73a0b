"""The clock of a process agrees with the database's, never goes back and never jumps."""

import time

import pytest

from bot.service.port_errors import StoreUnavailable
from bot.store.clock import EVERY, HOPELESS, SLEW, SharedClock
from tests.samples import NOW


class Times:
    """A monotonic clock and a database's, which only a test moves."""

    def __init__(self):
        self.passed = 1000.0
        self.ahead = 0.0  # of the database's clock
        self.answers_after = 0.0

    def monotonic(self):
        return self.passed

    async def measure(self):
        self.passed += self.answers_after / 2
        measured = NOW + self.passed + self.ahead
        self.passed += self.answers_after / 2
        return measured

    async def start(self):
        return await SharedClock.start(self.measure, monotonic=self.monotonic)

    async def let(self, clock, seconds):
        """Let time pass, with measurements, and return how the clock went between them."""
        rates = []
        for _ in range(int(seconds / EVERY)):
            before = clock()
            self.passed += EVERY
            rates.append((clock() - before) / EVERY)
            await clock.adjust()
        return rates


@pytest.fixture
def times():
    return Times()


async def test_it_agrees_with_the_database_and_goes_on_by_itself(times):
    times.answers_after = 0.2
    clock = await times.start()
    for _ in range(3):
        assert clock() == pytest.approx(NOW + times.passed)
        times.passed += 7.5


@pytest.mark.parametrize("step", [-300.0, 86400.0, -2.0])
async def test_a_step_of_the_databases_clock_stretches_time_for_a_while(times, step):
    clock = await times.start()
    times.ahead = step
    await clock.adjust()
    assert clock() == pytest.approx(NOW + times.passed)

    rates = await times.let(clock, abs(step) / SLEW + 2 * EVERY)

    assert all(1 - SLEW - 0.01 <= rate <= 1 + SLEW + 0.01 for rate in rates)
    assert clock() == pytest.approx(NOW + times.passed + step)


async def test_a_clock_that_was_never_right_is_set_at_once(times):
    clock = await times.start()
    times.ahead = HOPELESS + 1

    await clock.adjust()

    assert clock() == pytest.approx(NOW + times.passed + times.ahead)


async def test_a_slow_answer_or_none_sets_nothing(times):
    clock = await times.start()
    times.ahead, times.answers_after = 60.0, 3.0
    await clock.adjust()
    times.passed += 1000
    assert clock() == pytest.approx(NOW + times.passed)

    async def away():
        raise StoreUnavailable

    with pytest.raises(StoreUnavailable):
        await SharedClock.start(away)


async def test_the_databases_clock_is_that_of_its_machine(database):
    before = time.time()
    clock = await SharedClock.start(database.now)

    assert before - 0.1 < await database.now() < time.time() + 0.1
    assert before - 0.1 < clock() < time.time() + 0.1

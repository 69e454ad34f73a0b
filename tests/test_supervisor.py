"""The supervisor keeps the process alive when one of its loops fails."""

import asyncio
import logging

import pytest

from bot.errors import InvalidSettings
from bot.log import Fault, watching_faults
from bot.retry import Backoff
from bot.supervisor import Loop, Supervisor

AT_ONCE = Backoff(first=0.0, most=0.0)


class Failing:
    """A loop whose first runs fail."""

    def __init__(self, *errors):
        self.errors = list(errors)
        self.runs = 0
        self.working = asyncio.Event()

    async def run(self):
        self.runs += 1
        if self.errors:
            raise self.errors.pop(0)
        self.working.set()
        await asyncio.Event().wait()


async def nothing():
    """Have nothing to do before the end."""


async def test_a_loop_that_fails_unexpectedly_goes_on_and_leaves_an_id_in_the_log(caplog):
    """Also one that a library cancelled: the task would end without a word."""
    planted = (KeyError("planted"), asyncio.CancelledError("planted"))
    failing, stop = Failing(*planted), asyncio.Event()
    steady = Failing()
    loops = [Loop(name="positions", run=failing.run), Loop(name="retention", run=steady.run)]

    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        group.create_task(Supervisor(loops, backoff=AT_ONCE).run(stop, stopping=nothing))
        await failing.working.wait()
        stop.set()

    assert (failing.runs, steady.runs) == (3, 1)
    errors = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert all("loop=positions error_id=" in record.getMessage() for record in errors)
    assert len(errors) == 2
    assert all("loop=positions" in record.getMessage() for record in errors)


async def test_an_essential_loop_that_fails_ends_all_of_them():
    refused = InvalidSettings(setting="DISCORD_TOKEN", reason="refused")
    essential, other = Failing(refused), Failing()
    loops = [
        Loop(name="gateway", run=essential.run, essential=True),
        Loop(name="retention", run=other.run),
    ]

    with pytest.raises(ExceptionGroup) as raised:
        await Supervisor(loops).run(asyncio.Event(), stopping=nothing)

    assert raised.value.exceptions == (refused,)


@pytest.mark.parametrize(
    "error",
    [
        KeyError("planted"),
        InvalidSettings(setting="", reason=""),
        ExceptionGroup("", [InvalidSettings(setting="", reason="")]),
    ],
)
async def test_an_unexpected_error_of_an_essential_loop_is_a_fault(error):
    seen: list[Fault] = []
    supervisor = Supervisor([Loop(name="gateway", run=Failing(error).run, essential=True)])
    with watching_faults(seen.append), pytest.raises(ExceptionGroup):
        await supervisor.run(asyncio.Event(), stopping=nothing)

    assert [one.error for one in seen] == ["KeyError"] * isinstance(error, KeyError)


async def test_a_loop_that_is_done_is_not_run_again():
    runs = []

    async def log_in():
        runs.append(1)

    stop, waiting = asyncio.Event(), Failing()
    loops = [Loop(name="login", run=log_in), Loop(name="gateway", run=waiting.run)]
    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        group.create_task(Supervisor(loops, backoff=AT_ONCE).run(stop, stopping=nothing))
        await waiting.working.wait()
        stop.set()

    assert runs == [1]


async def test_what_is_to_be_done_before_the_end_is_done_while_the_loops_still_run():
    stop, loop, seen = asyncio.Event(), Failing(), []
    supervisor = Supervisor([Loop(name="gateway", run=loop.run)])

    async def stopping():
        seen.append(loop.working.is_set())

    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        group.create_task(supervisor.run(stop, stopping=stopping))
        await loop.working.wait()
        stop.set()

    assert seen == [True]

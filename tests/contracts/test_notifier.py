"""Contract of the notifier: ids arrive in their order, and a lost one is no error."""

import asyncio

import pytest

from bot.store.database import Database
from bot.store.notifications import JobNotifier
from tests.contracts.conftest import EACH
from tests.service.fakes import FakeNotifier
from tests.service.harness import until


class FakeProcesses:
    def __init__(self):
        self.notifier = FakeNotifier()

    @property
    def heard(self):
        return self.notifier.notified

    def separate(self):
        """Nothing to do: the fake has no connection."""


class RealProcesses:
    """A process that notifies, over a wire that a test can cut, and another one that listens."""

    def __init__(self, notifier, wire):
        self.notifier = notifier
        self.heard = []
        self._wire = wire

    def separate(self):
        self._wire.cut()


@pytest.fixture
async def listened(postgresql, wire):
    async with Database.open(url := wire.url(postgresql)) as database:
        processes = RealProcesses(JobNotifier(database, url), wire)
        heard: list[str] = []
        listening = asyncio.create_task(JobNotifier(database, postgresql).listen(heard.append))
        async with asyncio.timeout(10):
            while not heard:  # its connection is not open yet
                await processes.notifier.notify("hello")
                await asyncio.sleep(0.01)
        await processes.notifier.notify("last")
        await until(lambda: heard[-1] == "last")
        processes.heard = heard
        heard.clear()
        yield processes
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)


@pytest.fixture(params=EACH)
def processes(request):
    return FakeProcesses() if request.param == "fake" else request.getfixturevalue("listened")


async def test_each_notification_arrives_in_its_order(processes):
    for job_id in ("first", "second", "first"):
        await processes.notifier.notify(job_id)

    await until(lambda: processes.heard == ["first", "second", "first"])


async def test_a_notification_that_cannot_be_sent_is_no_error(processes):
    processes.separate()

    await processes.notifier.notify("first")

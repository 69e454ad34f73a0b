"""Contract of the servers' log channels: entries are written in order, or refused for good."""

import pytest

from bot.domain.log_entries import Unblocked
from bot.service.port_errors import PermanentDiscordError
from bot.ui.log_channel import DiscordLogChannel
from sandbox.faults import Answer, Fault
from tests.contracts.conftest import EACH
from tests.service.fakes import FakeLogChannel
from tests.service.harness import until

FIRST, SECOND = Unblocked(by=1, member_id=2), Unblocked(by=1, member_id=3)


class FakeChannel:
    def __init__(self):
        self.log_channel = FakeLogChannel()
        self.id = 100

    def members(self):
        """Return the ids of the members whom the entries are about, the oldest first."""
        entries = (entry for _, entry in self.log_channel.entries)
        return [entry.member_id for entry in entries if isinstance(entry, Unblocked)]

    def close(self):
        self.log_channel.error = PermanentDiscordError("the bot may not write there")

    def open(self):
        self.log_channel.error = None


class RealChannel:
    def __init__(self, stand_in, log_channel, noah):
        self.log_channel = log_channel
        self.id = int(noah.channel.id)
        self._stand_in = stand_in
        self._noah = noah

    def members(self):
        texts = [message["content"] for message in self._noah.visible()]
        ids = (FIRST.member_id, SECOND.member_id)
        return [member_id for text in texts for member_id in ids if f"<@{member_id}>" in text]

    def close(self):
        refused = Answer(status=403, body={"message": "no", "code": 50013})
        self._stand_in.faults.add(Fault(method="POST", path="*", do=refused, times=1_000))

    def open(self):
        self._stand_in.faults.clear()


@pytest.fixture
async def log_channel(rest, meters):
    channel = DiscordLogChannel(rest, meters=meters)
    yield channel
    await channel.close()


@pytest.fixture(params=EACH)
def channel(request):
    if request.param == "fake":
        return FakeChannel()
    parts = ("stand_in", "log_channel", "noah")
    return RealChannel(*(request.getfixturevalue(part) for part in parts))


async def test_entries_are_written_when_the_call_returns_and_in_its_order(channel):
    await channel.log_channel.write(channel.id, FIRST)
    assert channel.members() == [2]

    await channel.log_channel.write(channel.id, SECOND)
    assert channel.members() == [2, 3]


async def test_a_closed_channel_refuses_entries_until_it_is_open_again(channel):
    channel.close()
    with pytest.raises(PermanentDiscordError):
        await channel.log_channel.write(channel.id, FIRST)
    channel.log_channel.enqueue(channel.id, FIRST)
    with pytest.raises(PermanentDiscordError):
        await channel.log_channel.write(channel.id, SECOND)  # after what was enqueued
    assert channel.members() == []

    channel.open()
    await channel.log_channel.write(channel.id, FIRST)
    assert channel.members() == [2]


async def test_an_enqueued_entry_is_written_soon(channel):
    channel.log_channel.enqueue(channel.id, FIRST)

    await until(lambda: channel.members() == [2])

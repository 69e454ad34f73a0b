"""``/history`` hands over each order for itself."""

from types import SimpleNamespace
from typing import Any

import pytest

from bot.domain.job import State
from bot.service.member_account import OrderPlace
from bot.service.port_errors import FileTooLarge, PermanentDiscordError
from bot.service.undelivered import KeptOrders
from bot.ui import history_view, interaction_context, responses
from cogs.history import History
from tests.samples import a_job

BIG: list[Any]
SMALL: list[Any]
BIG, SMALL = ["big"], ["small"]


class Undelivered:
    """Two undelivered orders, and which of them were confirmed."""

    def __init__(self):
        self.jobs = [a_job(state=State.COMPLETED), a_job(state=State.COMPLETED)]
        self.gone = a_job(state=State.FAILED)
        self.confirmed = []

    async def orders(self, _member_id, **_limit):
        return KeptOrders(ready=[(job, BIG) for job in self.jobs], fetching=[], gone=[self.gone])

    async def smaller_pictures(self, _job):
        return SMALL

    async def confirm(self, job, *, count):
        assert count == 1
        self.confirmed.append(job)

    async def confirm_gone(self, jobs):
        assert jobs == [self.gone]


@pytest.fixture
def undelivered():
    return Undelivered()


@pytest.fixture
def hand_over(undelivered, monkeypatch):
    async def hand_over(send):
        """Let ``/history`` send pictures by *send*; return what it says of their number."""
        notes = []

        async def page(_member_id, *, word, number):
            return None

        async def place(_request):
            return OrderPlace(in_server=True)

        async def nothing(*_args, **_options):
            return None

        monkeypatch.setattr(responses, "defer", nothing)
        monkeypatch.setattr(responses, "show", nothing)
        monkeypatch.setattr(interaction_context, "admission_request", lambda _interaction: None)
        monkeypatch.setattr(
            responses, "send_pictures", lambda *sent, orders: send(*sent) if orders else None
        )
        monkeypatch.setattr(history_view, "page_view", lambda _page, note, **_: notes.append(note))
        account: Any = SimpleNamespace(page=page, place=place)
        cog: Any = History(undelivered, account)
        interaction = SimpleNamespace(user=SimpleNamespace(id=300), filesize_limit=10**7)
        await cog.history.callback(cog, interaction)
        return notes

    return hand_over


async def test_an_order_that_discord_refuses_does_not_hold_back_the_others(undelivered, hand_over):
    refused, sound = undelivered.jobs

    async def send(_interaction, job, _pictures):
        if job is refused:
            raise PermanentDiscordError("refused")

    (note,) = await hand_over(send)

    assert undelivered.confirmed == [sound]
    assert note is not None


async def test_pictures_that_are_too_large_are_sent_smaller(undelivered, hand_over):
    sent = []

    async def send(_interaction, _job, pictures):
        if pictures is BIG:
            raise FileTooLarge("too large")
        sent.append(pictures)

    await hand_over(send)

    assert sent == [SMALL, SMALL]
    assert undelivered.confirmed == undelivered.jobs

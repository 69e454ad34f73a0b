"""``/history`` hands over each order for itself."""

from types import SimpleNamespace
from typing import Any

import pytest

from bot.domain.job import State
from bot.service.member_account import HistoryPage, OrderPlace
from bot.service.port_errors import (
    FileTooLarge,
    PermanentDiscordError,
    StoreUnavailable,
    TransientDiscordError,
)
from bot.service.ports.vendor import Picture
from bot.service.undelivered import KeptOrders
from bot.ui import interaction_context, responses
from cogs.history import History
from tests.samples import a_job
from tests.views import said

BIG: list[Any]
SMALL: list[Any]
BIG, SMALL = ["big"], ["small"]


class Undelivered:
    """Two undelivered orders, and which of them were confirmed."""

    def __init__(self):
        media = ("https://pub-1.r2.dev/1.png",)
        self.jobs = [a_job(state=State.COMPLETED, media=media) for _ in range(2)]
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
        """Let ``/history`` send pictures by *send*; return the texts that it shows."""
        texts: list[str] = []

        async def page(_member_id, *, word, number):
            return HistoryPage(jobs=[], number=number, of=1, total=0, word=word)

        async def place(_request):
            return OrderPlace(in_server=True)

        async def nothing(*_args, **_options):
            return None

        async def show(_interaction, view):
            texts.append("\n".join(said(view)))

        monkeypatch.setattr(responses, "defer", nothing)
        monkeypatch.setattr(responses, "show", show)
        monkeypatch.setattr(interaction_context, "admission_request", lambda _interaction: None)
        monkeypatch.setattr(
            responses, "send_pictures", lambda *sent, orders: send(*sent) if orders else None
        )
        account: Any = SimpleNamespace(page=page, place=place)
        cog: Any = History(undelivered, account)
        interaction = SimpleNamespace(user=SimpleNamespace(id=300), filesize_limit=10**7)
        await cog.history.callback(cog, interaction)
        return texts

    return hand_over


@pytest.mark.parametrize(
    "error",
    [
        PermanentDiscordError("refused", status=400),
        TransientDiscordError("away", status=503),
        StoreUnavailable("away"),
        FileNotFoundError("the file has just gone"),
        ZeroDivisionError("a bug"),
    ],
)
async def test_an_order_that_cannot_be_shown_does_not_hold_back_the_others(
    undelivered, hand_over, error
):
    refused, sound = undelivered.jobs

    async def send(_interaction, job, _pictures):
        if job is refused:
            raise error

    (page,) = await hand_over(send)

    assert undelivered.confirmed == [sound]
    assert "The pictures of one order couldn't be sent now. They are saved" in page
    assert "Here are pictures you haven't received yet." in page


async def test_pictures_that_are_too_large_in_any_size_are_linked_and_stay_kept(
    undelivered, hand_over
):
    async def send(_interaction, _job, _pictures):
        raise FileTooLarge("too large")

    *linked, _page = await hand_over(send)

    assert undelivered.confirmed == []
    assert len(linked) == 2
    for text, job in zip(linked, undelivered.jobs, strict=True):
        assert job.order.prompt in text
        assert f"[picture 1](<{job.media[0]}>)" in text


async def test_pictures_that_are_too_large_are_sent_smaller(undelivered, hand_over):
    sent = []

    async def send(_interaction, _job, pictures):
        if pictures is BIG:
            raise FileTooLarge("too large")
        sent.append(pictures)

    await hand_over(send)

    assert sent == [SMALL, SMALL]
    assert undelivered.confirmed == undelivered.jobs


async def test_files_are_closed_where_the_answer_does_not_come_to_be_sent(tmp_path):
    (tmp_path / "1").write_bytes(b"a picture")
    picture = Picture(path=tmp_path / "1", extension="png", width=8, height=8, shrunk=False)
    opened: list[Any] = []

    async def send(*, files, **_rest):
        opened.extend(files)
        raise ConnectionError

    interaction: Any = SimpleNamespace(followup=SimpleNamespace(send=send))
    job = a_job(state=State.COMPLETED)
    with pytest.raises(TransientDiscordError):
        await responses.send_pictures(interaction, job, [picture], orders=True)

    assert [file.fp.closed for file in opened] == [True]

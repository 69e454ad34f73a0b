"""An interaction gets one first answer, whatever is in the way for a moment."""

import asyncio
import time

import aiohttp
import discord
import pytest

from bot.service.port_errors import AlreadyAnswered, PermanentDiscordError, TransientDiscordError
from bot.ui import responses
from bot.ui.first_answer import ANSWER_WITHIN
from sandbox.discord.enums import InteractionType
from sandbox.discord.interactions import created
from sandbox.faults import ALWAYS, Answer, Cut, Fault, Rewrite
from tests.rest_proxy import OWN_408, OWN_429, OWN_500, RestProxy

CALLBACK = "*/callback"


@pytest.fixture
async def proxy(stand_in, monkeypatch):
    async with RestProxy.open(stand_in.origin) as opened:
        monkeypatch.setattr(discord.http.Route, "BASE", opened.api_url)
        yield opened


@pytest.fixture
def ask(stand_in, proxy, rest):
    """Ask by a command; return the stand-in's interaction and the bot's."""

    async def ask():
        noah = stand_in.member("Noah", channel="general", guild="Lighthouse Club")
        begun = stand_in.interactions.begin(
            InteractionType.COMMAND, noah.user, noah.channel, {"name": "imagine"}
        )
        client = await rest.client()
        payload = created(stand_in.world, begun)
        return begun, discord.Interaction(data=payload, state=client._connection)

    return ask


def taken_but(answer):
    """Let Discord take it, and answer as if it had not."""
    return Rewrite(change=lambda _taken: answer)


TROUBLES = {
    "own 429": {"do": OWN_429},
    "own 500s": {"do": OWN_500, "times": 2},
    "no proxy": {"do": Answer(status=503, body="no backend"), "times": 2},
    "gateway of a balancer": {"do": Answer(status=502, body="<html>"), "times": 2},
    "cut": {"do": Cut()},
    "cut afterwards": {"do": Cut(when="after")},
    "taken, 408": {"do": taken_but(OWN_408)},
    "taken, 500": {"do": taken_but(OWN_500)},
    "taken, 504": {"do": taken_but(Answer(status=504, body="")), "times": 2},
}


@pytest.mark.parametrize("trouble", TROUBLES.values(), ids=TROUBLES)
async def test_a_first_answer_is_given_again_until_it_is_taken_once(stand_in, proxy, ask, trouble):
    proxy.faults.add(Fault(path=CALLBACK, **trouble))
    begun, interaction = await ask()

    await responses.defer(interaction, private=True)

    assert interaction.response.is_done()
    assert begun.callback is not None
    taken = [one for one in stand_in.journal.find("POST", CALLBACK) if one.status == 200]
    assert len(taken) == 1
    await responses.send_private(interaction, "done")  # by a follow-up, which replaces "thinking"
    assert begun.message.shown["content"] == "done"


async def test_a_first_answer_waits_for_a_proxy_that_restarts(stand_in, proxy, ask):
    _, interaction = await ask()
    await proxy.listener.close()
    answering = asyncio.create_task(responses.defer(interaction))
    await asyncio.sleep(0.5)
    assert not answering.done()
    await proxy.listener.open()

    assert await answering is not None


async def test_an_answer_of_another_process_is_no_answer_of_ours(stand_in, proxy, ask):
    begun, interaction = await ask()
    async with aiohttp.ClientSession() as session:
        address = f"{stand_in.api_url}/interactions/{begun.id}/{begun.token}/callback"
        await session.post(address, json={"type": 5})

    with pytest.raises(AlreadyAnswered):
        await responses.defer(interaction)
    assert len(stand_in.journal.find("POST", CALLBACK)) == 2


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (Answer(status=404, body={"code": 10062, "message": "gone"}), PermanentDiscordError),
        (OWN_500, TransientDiscordError),
    ],
)
async def test_a_refusal_and_the_end_of_the_time_are_told(proxy, ask, answer, error):
    proxy.faults.add(Fault(path=CALLBACK, do=answer, times=ALWAYS))
    _, interaction = await ask()
    began = time.monotonic()

    with pytest.raises(error):
        await responses.defer(interaction)
    assert time.monotonic() - began < ANSWER_WITHIN + 5.0


@pytest.mark.parametrize(
    "limited",
    [
        OWN_429,
        Answer(status=429, headers={"generated-by-proxy": "true", "retry-after": "1"}, body="busy"),
        Answer(status=429, headers={"Retry-After": "1"}),
    ],
    ids=["json", "text", "empty"],
)
async def test_a_call_waits_as_a_proxys_429_says(proxy, rest, limited):
    """discord.py takes it for Cloudflare's, and gives up."""
    client = await rest.client()
    proxy.faults.add(Fault(path="*/applications/@me", do=limited))
    began = time.monotonic()

    await client.application_info()

    assert time.monotonic() - began >= 1.0
    assert not rest.gate.resting

"""Limits that hold for all calls of the process to Discord's REST API."""

import asyncio
import time

import aiohttp
import discord
import pytest

from bot.retry import Backoff
from bot.ui import rest_gate
from bot.ui.discord_session import DiscordSession
from bot.ui.rest_gate import RestGate
from sandbox.discord.enums import InteractionType
from sandbox.faults import Answer, Cut, Fault

API = "/api/v10"
VIA = {"Via": "1.1 google"}
APART = 0.3  # seconds between two trials
ROUTE_ONLY = {"message": "slow down", "retry_after": 0.2, "global": False}


@pytest.fixture
def gate(monkeypatch):
    monkeypatch.setattr(rest_gate, "TRIALS_APART", APART)
    monkeypatch.setattr(rest_gate, "UNTOLD", Backoff(first=APART, most=APART))
    return RestGate()


@pytest.fixture
async def sessions(stand_in, gate):
    """The process's two clients: for cards, and for the gateway's interactions."""
    both = [DiscordSession(stand_in.world.bot_token, gate) for _ in range(2)]
    for session in both:
        await session.log_in()
    yield both
    for session in both:
        await session.close()


@pytest.fixture
def read(stand_in, sessions):
    """Make a call that has no limit of its own."""

    async def read(number=0, path="/users/@me"):
        client = await sessions[number % 2].client()
        return await client.http.request(discord.http.Route("GET", path))

    return read


@pytest.fixture
def answer(stand_in, sessions):
    """Answer a new interaction."""

    async def answer():
        noah = stand_in.member("Noah", channel="general", guild="Lighthouse Club")
        begun = stand_in.interactions.begin(
            InteractionType.COMMAND, noah.user, noah.channel, {"name": "imagine"}
        )
        client = await sessions[1].client()
        await client.http._HTTPClient__session.post(
            f"{stand_in.api_url}/interactions/{begun.id}/{begun.token}/callback", json={"type": 5}
        )

    return answer


async def test_a_first_answer_is_noted_whatever_came_of_it(stand_in, gate, answer, monkeypatch):
    noted: list[int] = []
    monkeypatch.setattr(gate.answers, "answered", noted.append)
    await answer()
    stand_in.faults.add(Fault(method="POST", path="*/callback", do=Cut(), times=1))
    with pytest.raises(aiohttp.ClientError):
        await answer()

    assert len(set(noted)) == 2


@pytest.mark.parametrize("form", ["html", "text", "json"])
async def test_a_block_rests_all_calls_and_single_ones_find_out_when_it_is_over(
    stand_in, read, answer, form
):
    began = time.time()
    stand_in.cloudflare_ban(1.0, form=form)
    with pytest.raises(discord.HTTPException):
        await read()

    async def persist(call):
        while True:
            try:
                return await call()
            except discord.HTTPException:  # it was the trial
                pass

    calls = [persist(lambda number=number: read(number)) for number in range(30)]
    await asyncio.gather(*calls, answer())

    assert time.time() >= began + 1.0
    assert stand_in.journal.densest(APART - 0.02, began, began + 1.0) == 1


async def test_after_a_rest_calls_leave_one_after_another(stand_in, read, gate):
    """A bot may make fifty a second: all that waited would run into the next limit."""
    stand_in.rate_limit("GET", "/users/@me", retry_after=0.2, scope="global")
    limited = asyncio.create_task(read())
    while not gate.resting:  # noqa: ASYNC110 - no event tells
        await asyncio.sleep(0.01)

    await asyncio.gather(limited, *(read(number) for number in range(30)))

    refused, trial, *others = (one.at for one in stand_in.journal.find("GET", "*/users/@me")[-32:])
    assert trial - refused >= 0.19
    assert others[-1] - trial >= 28 * rest_gate.APART


async def test_the_limit_of_the_bot_rests_the_calls_of_its_other_client_but_no_first_answer(
    stand_in, read, answer, gate
):
    stand_in.rate_limit("GET", "/users/@me", retry_after=0.6, scope="global")
    limited = asyncio.create_task(read(0))
    while not gate.resting:  # noqa: ASYNC110 - no event tells
        await asyncio.sleep(0.01)
    began = time.monotonic()

    await answer()
    assert time.monotonic() - began < 0.3
    assert gate.resting

    await read(1)
    assert time.monotonic() - began > 0.4
    await limited


@pytest.mark.parametrize(
    ("headers", "body", "kind"),
    [
        (VIA, ROUTE_ONLY, None),
        ({}, ROUTE_ONLY, None),  # a proxy took the Via
        ({"generated-by-proxy": "true", "Retry-After": "0.2"}, "busy", None),
        ({"x-sent-by-proxy": "true"}, {"retry_after": 0.2}, None),
        ({"Retry-After": "0.2"}, b"", None),  # a proxy says no more
        ({"Retry-After": "0.2", "Server": "cloudflare"}, b"", "blocked"),
        ({**VIA, "X-RateLimit-Scope": "shared"}, ROUTE_ONLY, None),
        ({**VIA, "X-RateLimit-Scope": "user"}, "<html>", None),
        (VIA, ROUTE_ONLY | {"global": True}, "global"),
        ({**VIA, "X-RateLimit-Global": "true"}, ROUTE_ONLY | {"global": True}, "global"),
        ({**VIA, "X-RateLimit-Scope": "global", "Retry-After": "0.2"}, "busy", "global"),
        (VIA, "<html>", "blocked"),
        ({"Retry-After": "0.1"}, "<html>", "blocked"),
        ({"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}, "<html>", "blocked"),
        ({"Retry-After": "-1"}, b"", "blocked"),
        ({}, {"message": "You are being blocked", "code": 0}, "blocked"),
        (VIA, {"message": "You are being blocked", "code": 0}, "blocked"),
        ({}, {"status": 429, "error_code": 1015, "retry_after": 0.1}, "blocked"),
        (VIA, ["busy"], "blocked"),
        ({}, {"retry_after": "soon", "global": "maybe"}, "blocked"),
    ],
    ids=str,
)
async def test_whose_limit_it_is_shows_in_the_whole_answer(
    stand_in, sessions, read, gate, headers, body, kind
):
    do = Answer(status=429, headers=headers, body=body)
    stand_in.faults.add(Fault(path=f"{API}/users/@me", do=do))

    call = asyncio.create_task(read())
    await stand_in.journal.wait("GET", f"{API}/users/@me", count=3)  # after two logins
    await asyncio.wait([call], timeout=0.05)

    assert gate.resting == (kind is not None)
    assert gate._blocked == (kind == "blocked")
    assert gate.seconds_left <= 2 * APART
    await asyncio.gather(call, return_exceptions=True)
    await read()
    assert not gate.resting
    stand_in.journal.exchanges.clear()  # they are not as Discord describes them


async def test_a_trial_without_an_answer_is_followed_by_another(stand_in, read, gate):
    stand_in.cloudflare_ban(0.1)
    with pytest.raises(discord.HTTPException):
        await read()
    # aiohttp itself repeats a GET whose kept connection was cut.
    stand_in.faults.add(Fault(path=f"{API}/users/@me", do=Cut(), times=2))

    results = await asyncio.gather(*(read(number) for number in range(5)), return_exceptions=True)

    assert sum(isinstance(result, Exception) for result in results) == 1
    assert not gate.resting

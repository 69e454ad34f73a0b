"""Interactions by HTTP: the same cards and answers, no session at the gateway, no forged ones."""

import asyncio
from http import HTTPStatus

import pytest
from aiohttp import ClientSession
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sandbox.discord.endpoint import PING
from sandbox.discord.interactions import created
from sandbox.environment import PUBLIC_URL
from tests.acceptance.driver import (
    Store,
    button,
    buttons,
    delivered,
    quick,
    refusal,
    restart,
    says,
    words,
)
from tests.acceptance.test_welcome import HELLO, Invited
from tests.openapi import assert_conform

FORGED, AT_ONCE = 3_000, 40  # posts
MIB = 2**20
OTHER = Ed25519PrivateKey.generate()


@pytest.fixture
async def sandbox(make_sandbox):
    async with make_sandbox(vendor=quick(), by_http=True) as opened:
        yield opened
        assert_conform(opened.discord.journal.exchanges)


async def forms_and_menus(noah, mira, card):
    """Use what a member and a moderator use: buttons, forms, choices, menus."""
    choices = await noah.autocomplete("imagine", focused="style", prompt="a", style="an")
    assert any("Anime" in choice["name"] for choice in choices)

    opened = await noah.press(card["id"], buttons(card)["edit"])
    sent = await noah.submit_modal(opened, {"prompt": "a red boat"})
    assert "a red boat" in words(await sent.until(delivered(1)))

    opened = await noah.message_command("Imagine this", card["id"])
    assert await opened.opened()

    sent = await mira.command("limits", "show")
    panel = await sent.until(says("Limits of this server"))
    opened = await mira.press(panel["id"], button(panel, "limits:edit:members"))
    sent = await mira.submit_modal(opened, {"cooldown": "600"})
    preview = await sent.until(says("Review changes"))
    sent = await mira.press(preview["id"], button(preview, "limits:save:"))
    await sent.until(says("Saved"))

    assert await refusal(noah)


async def test_everything_works_and_goes_on_after_a_kill(sandbox, start, noah, mira):
    process = await start()
    assert await sandbox.discord.endpoint.accepts()
    sent = await noah.command("imagine", prompt="a boat", images=1)
    card = await sent.until(delivered(1))
    seen = " ".join(map(words, sent.versions))
    assert all(state in seen for state in ("Queued", "Processing"))
    assert not any("WARNING" in line for line in process.log), process.log

    await restart(sandbox)
    again = await noah.press(card["id"], buttons(card)["again"])
    await again.until(delivered(1))
    await forms_and_menus(noah, mira, card)
    assert set(sandbox.discord.endpoint.statuses) == {HTTPStatus.ACCEPTED}


async def test_what_discord_did_not_sign_does_nothing(sandbox, start, noah):
    await start()
    endpoint = sandbox.discord.endpoint
    sent = await noah.command("imagine", prompt="signed")
    await sent.until(delivered(1))
    order = created(sandbox.world, sent.interaction) | {"id": "1576297636003059792"}
    cut = {"X-Signature-Ed25519": "ab" * 63}

    tried = {
        "an old key": await endpoint.post(order, key=OTHER),
        "a cut signature": await endpoint.post(order, **cut),
        "no digits": await endpoint.post(order, **{"X-Signature-Ed25519": "zz" * 64}),
        "another time": await endpoint.post(order, **{"X-Signature-Timestamp": "1"}),
        "no time": await endpoint.post(order, **{"X-Signature-Timestamp": ""}),
        "a time of other letters": await endpoint.post(order, **{"X-Signature-Timestamp": "é"}),
    }
    assert set(tried.values()) == {HTTPStatus.UNAUTHORIZED}, tried
    assert await endpoint.post(PING, key=OTHER) == HTTPStatus.UNAUTHORIZED
    with pytest.warns(ResourceWarning):  # aiohttp's, of what is sent
        large = await endpoint.post(b"x" * 10 * MIB)
    assert large == HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    for odd in (b"", b"no json", b"[1]", b'{"type": 2', b"\xff"):
        assert await endpoint.post(odd) == HTTPStatus.BAD_REQUEST
    assert len(Store(sandbox).execute("SELECT id FROM jobs")) == 1


async def test_orders_are_answered_while_forged_ones_arrive(sandbox, start, noah):
    """Discord waits three seconds for the answer, and so does the stand-in."""
    await start()
    endpoint = sandbox.discord.endpoint
    statuses: list[int] = []
    body = b'{"type": 2, "id": "1", "token": "x"}'

    async def forge():
        while len(statuses) < FORGED:
            statuses.append(await endpoint.post(body, key=OTHER))

    async with asyncio.TaskGroup() as group:
        for _ in range(AT_ONCE):
            group.create_task(forge())
        sents = [await noah.command("imagine", prompt=f"picture {n}") for n in range(3)]
        for sent in sents:
            await sent.until(delivered(1), within=30)

    assert set(statuses) == {HTTPStatus.UNAUTHORIZED}
    assert len(Store(sandbox).execute("SELECT id FROM jobs")) == len(sents)


async def test_a_process_that_is_stopped_answers_until_the_balancer_has_noticed(
    sandbox, start, noah
):
    process = await start(DRAIN_SECONDS="3")
    ready = f"http://127.0.0.1:{sandbox.web_port}/readyz"
    stopping = asyncio.create_task(process.stop())
    async with ClientSession() as session:

        async def status():
            async with session.get(ready) as answer:
                return answer.status, (await answer.json()).get("draining", False)

        async with asyncio.timeout(10):
            while await status() != (HTTPStatus.SERVICE_UNAVAILABLE, True):
                pass
    sent = await noah.command("imagine", prompt="just before the end")
    await sent.until(words)
    assert await stopping == 0

    await start()
    await sent.until(delivered(1), within=30)


async def test_a_new_server_is_welcomed_when_somebody_uses_the_bot_there(sandbox, start):
    await start()
    invited = Invited(sandbox)
    await invited.noticed()
    await invited.mira.sees(says(HELLO))
    assert invited.greetings() == ["welcome"]


async def test_the_check_says_whether_discord_posts_to_the_bot(sandbox, start):
    """The address leads nowhere from here: that is said, too."""
    await start()
    process = sandbox.bot("check", PUBLIC_URL=PUBLIC_URL)
    await process.start()
    assert await process.wait_exit() == 1
    lines = list(process.log)
    assert any(
        line.endswith("portal: nothing is known that keeps commands from the bot") for line in lines
    ), lines
    assert any("gateway" in line and "bot.example" in line for line in lines), lines

"""Interactions as they come, and as they should not: each is answered or refused in time."""

import json
import os
import time
from functools import partial
from typing import Any

import pytest

from bot.ui.responses import FORM_WITHIN
from sandbox.discord.endpoint import PING
from sandbox.discord.enums import InteractionType
from sandbox.discord.interactions import created
from sandbox.discord.member import Invocation
from sandbox.faults import ALWAYS, Answer, Cut, Delay, Fault, Hold, Rewrite
from tests.acceptance.driver import (
    CLUB,
    FAST_LANE,
    Server,
    Store,
    answered,
    buttons,
    components,
    crafted,
    delivered,
    eventually,
    set_limits,
    without_limits,
)
from tests.acceptance.odd_interactions import Generator
from tests.openapi import assert_conform

GENERATED = int(os.environ.get("GENERATED_INTERACTIONS", "1500"))
SEED = int(os.environ.get("GENERATED_SEED", "20261128"))
AT_ONCE = 25


@pytest.fixture(scope="module")
def bot_settings():
    return FAST_LANE | {"ALLOW_DIRECT": "true", "MAX_IMAGES_PER_DAY": "0"}


class Stream:
    """Sends generated interactions of several members, in a server and outside."""

    def __init__(self, sandbox, ordered: Invocation, job_id: str) -> None:
        member, world = sandbox.discord.member, sandbox.world
        self._sandbox = sandbox
        self._members = [
            member("Noah", channel="general", guild=CLUB),
            member("Mira", channel="pictures", guild=CLUB),
            member("Ada", channel="after-dark", guild=CLUB),
            member("Mira", channel="general", guild=CLUB),
            member("Noah"),
        ]
        self._ordered = ordered
        commands = [*sandbox.discord.commands.by_id.values()]
        self._generator = Generator(SEED, commands=commands, job_ids=[job_id])
        assert ordered.stored is not None
        self._card = ordered.stored
        shown = self._card.shown
        self._origin = {name: shown[name] for name in ("application_id", "interaction_metadata")}
        self._post = partial(
            sandbox.discord.messages.post, author=world.bot, draft=self._card.draft
        )

    def send(self, number: int, *, answerable: bool) -> Invocation:
        """Send an interaction; buttons are under new copies of a card."""
        kind, member = self._generator.kind(), self._members[number % len(self._members)]
        more: dict[str, Any] = {}
        if kind is InteractionType.MODAL_SUBMIT:
            more["opened_by"] = self._ordered.interaction
        elif kind is InteractionType.COMPONENT:
            more["source"] = self._post(member.channel, more=self._origin)
        change = self._generator.change(answerable=answerable)
        data = self._generator.data(kind)
        return crafted(self._sandbox, member, kind, data, change=change, **more)

    def answers(self, sent: Invocation) -> Any:
        """Return the bot's first answers, also those that Discord refuses for that kind."""
        path = f"/api/v10/interactions/{sent.id}/*"
        return self._sandbox.discord.journal.find("POST", path)

    def over(self, sent: Invocation) -> Any:
        """Tell whether there is an answer, or will be none."""
        interaction = sent.interaction
        return interaction.callback is not None or interaction.lapsed or self.answers(sent)


def pings(exchange):
    """Tell whether a request lets Discord notify somebody."""
    body = exchange.body
    if b'name="payload_json"' in body:
        body = body.split(b'name="payload_json"')[1].split(b"\r\n\r\n", 1)[1].split(b"\r\n--")[0]
    sent = json.loads(body) if body.startswith(b"{") else {}
    message = sent.get("data") or sent
    if "title" in message or not {"content", "components"} & message.keys():
        return False  # a form, or no message
    allowed = message.get("allowed_mentions", {"parse": ["everyone"]})
    return any(allowed.get(kind) for kind in ("parse", "users", "roles"))


async def test_generated_interactions_are_each_answered_without_a_traceback(sandbox, start, noah):
    """The same ones each time; ``make fuzz`` sends 10,000."""
    process = await start()
    await without_limits(sandbox)
    ordered = await noah.command("imagine", prompt="a lighthouse")
    await ordered.until(delivered(1))
    await Store(sandbox).delivered("a lighthouse")
    row = Store(sandbox).row("a lighthouse")
    assert row is not None
    stream = Stream(sandbox, ordered, row["id"])
    sessions = {**sandbox.discord.gateway.sessions}
    connections = [session.connection for session in sessions.values()]
    assert len(sessions) == (0 if sandbox.by_http else 1)
    slowest, notifying = 0.0, []

    for first in range(0, GENERATED, AT_ONCE):
        sandbox.discord.journal.exchanges.clear()
        sent_at = time.time()
        wave = {
            number: stream.send(number, answerable=number % 40 != 0)
            for number in range(first, min(first + AT_ONCE, GENERATED))
        }
        for number, sent in wave.items():
            if number % 40 == 0:
                continue
            await eventually(partial(stream.over, sent))
            answers, shown = stream.answers(sent), created(sandbox.world, sent.interaction)
            if sandbox.by_http and shown.get("type") == PING["type"]:
                assert answers == []  # it is answered at once, by HTTP
                continue
            assert answers, (number, json.dumps(shown))
            slowest = max(slowest, answers[0].at - sent_at)
        assert_conform(sandbox.discord.journal.exchanges)
        notifying += [entry.body for entry in sandbox.discord.journal.exchanges if pings(entry)]
        assert not [line for line in process.log if "Traceback" in line], "\n".join(process.log)

    print(f"{GENERATED} interactions, slowest answer after {slowest:.2f} s")  # noqa: T201
    assert notifying == []
    assert slowest < sandbox.world.ack_window
    assert sandbox.discord.gateway.sessions == sessions
    after = [session.connection for session in sessions.values()]
    assert after == connections  # neither identified again nor resumed


# Forms that Discord does not show.

CALLBACK = "/api/v10/interactions/*/callback"


def refused(status, code):
    return Answer(status=status, body={"code": code, "message": "refused"})


def opened_but(status, code):
    """Let Discord take the form, and answer as if it had not."""
    return Rewrite(change=lambda _taken: refused(status, code))


async def no_form(sandbox, open_form, *faults: Any):
    """Open a form that meets *faults*; return the press, and the log lines about the form."""
    process = sandbox.process
    for fault in faults:
        sandbox.discord.faults.add(Fault(method="POST", path=CALLBACK, **fault))
    pressed = await open_form()
    line = await process.wait_line(f"interaction={pressed.id} form=")
    assert len([entry for entry in process.log if f"interaction={pressed.id}" in entry]) == 1
    return pressed, line


@pytest.fixture
async def forms(shared, member):
    """What opens each form of the bot."""
    mira = shared.discord.member("Mira", channel="general", guild=CLUB)
    sent = await member.command("imagine", prompt="a lighthouse")
    card = await sent.until(delivered(1))
    shown = await (await mira.command("limits", "show")).until(lambda one: one["components"])
    ids = [str(part.get("custom_id")) for part in components(shown)]
    edits = [one for one in ids if one.startswith(("limits:edit:", "limits:form:"))]
    return {
        "edit": lambda: member.press(card["id"], buttons(card)["edit"]),
        "menu": lambda: member.message_command("Imagine this", card["id"]),
        **{edit: partial(mira.press, shown["id"], edit) for edit in edits},
    }


async def test_every_form_that_discord_refuses_is_told_privately(shared, forms):
    for open_form in forms.values():
        pressed, line = await no_form(shared, open_form, {"do": refused(400, 50035)})

        assert "Discord didn't show the form" in (await pressed.answer())["content"]
        assert pressed.ephemeral
        assert line.endswith("error=Discord answered 400 (50035) told=yes")


@pytest.mark.parametrize(
    ("faults", "told"),
    [
        ([{"do": refused(403, 50001)}], True),
        ([{"do": refused(404, 10062)}], True),
        ([{"do": refused(404, 10062), "times": ALWAYS}], False),
        ([{"do": refused(500, 0), "times": ALWAYS, "seconds": FORM_WITHIN + 0.3}], True),
        ([{"do": refused(503, 0), "times": ALWAYS}], False),
        ([{"do": Hold()}], True),
        ([{"do": Cut(), "times": ALWAYS, "seconds": FORM_WITHIN + 0.3}], True),
        ([{"do": opened_but(400, 40060)}], True),
        ([{"do": Delay(seconds=2.5, when="after")}], False),  # it is open
    ],
    ids=["403", "404", "too late", "500", "503", "no answer", "cut", "40060", "open"],
)
async def test_the_member_is_told_where_that_is_possible_still(shared, forms, faults, told):
    pressed, line = await no_form(shared, forms["edit"], *faults)

    shared.discord.faults.clear()
    assert ("told=yes" in line) is told
    messages = [pressed.message, *pressed.follow_ups] if pressed.stored else pressed.follow_ups
    assert len([one for one in messages if "didn't show the form" in one["content"]]) == told


# Where an unusual interaction comes from.


def without(*names: str):
    """Return a change of a payload: these fields are left out."""
    return lambda payload: {name: value for name, value in payload.items() if name not in names}


def with_fields(**fields: Any):
    """Return a change of a payload: these fields have other values."""
    return lambda payload: payload | fields


UNUSUAL = {
    "no owners": without("authorizing_integration_owners"),
    "owners null": with_fields(authorizing_integration_owners=None),
    "owners empty": with_fields(authorizing_integration_owners={}),
    "owners a list": with_fields(authorizing_integration_owners=["0"]),
    "owners of a new kind": with_fields(authorizing_integration_owners={"7": "1"}),
    "the member's own": with_fields(authorizing_integration_owners={"1": "7"}),
    "owner 0": with_fields(authorizing_integration_owners={"0": "0", "1": "7"}),
    "no channel": without("channel"),
    "channel null": with_fields(channel=None),
    "channel empty": with_fields(channel={}),
    "channel a text": with_fields(channel="general"),
    "no channel_id": without("channel_id"),
    "channel of a new type": lambda payload: (
        payload | {"channel": {"id": payload["channel_id"], "type": 99}}
    ),
    "no context": without("context"),
    "context null": with_fields(context=None),
    "a new context": with_fields(context=9),
    "the context of direct messages": with_fields(context=1),
    "numbers": lambda payload: (
        payload
        | {name: int(payload[name]) for name in ("id", "application_id", "guild_id", "channel_id")}
    ),
    "no guild_id": without("guild_id", "guild"),
    "nothing but ids": without(
        *("version", "locale", "guild_locale", "guild", "channel", "context", "entitlements"),
        *("app_permissions", "attachment_size_limit", "authorizing_integration_owners"),
    ),
}


async def imagine(sandbox, member, prompt, change) -> Invocation:
    """Use ``/imagine`` with a payload that is changed on its way to the bot."""
    commands = sandbox.discord.commands.by_id.values()
    command = next(command for command in commands if command["name"] == "imagine")
    data = {name: command[name] for name in ("id", "name", "type")}
    data["options"] = [{"name": "prompt", "type": 3, "value": prompt}]
    return crafted(sandbox, member, InteractionType.COMMAND, data, change=change)


@pytest.fixture(scope="module")
async def server(running):
    """A server that takes orders in one channel."""
    server = Server(running)
    await set_limits(server.mira, member_per_day=0, member_at_once=0, server_per_day=0)
    add = await server.mira.command("limits", "channels", add=server.channel("pictures"))
    await add.until(answered)
    return server


@pytest.mark.parametrize("change", UNUSUAL.values(), ids=UNUSUAL)
async def test_the_servers_limits_hold_whatever_else_an_interaction_says(shared, server, change):
    refused = await imagine(shared, server.noah, "a refused boat", change)
    taken = await imagine(shared, server.member("Noah", "pictures"), "a boat", change)

    assert " in <#" in (await refused.answer())["content"]
    await taken.until(delivered(1))


@pytest.mark.parametrize(
    "channel",
    [
        {"type": 11},
        {"type": 12, "thread_metadata": {"archived": False}},
        {"type": 99, "thread_metadata": {"archived": False}},
        {"type": 10, "thread_metadata": None, "name": None, "owner_id": None},
    ],
)
async def test_a_thread_of_which_little_is_known_is_in_its_parent(shared, server, channel):
    def change(payload):
        parent = server.channel("pictures")
        channel_id = str(int(payload["id"]) + 1)
        shown = {"id": channel_id, "parent_id": parent} | channel
        return payload | {"channel_id": channel_id, "channel": shown}

    await (await imagine(shared, server.noah, "a boat in a thread", change)).until(delivered(1))


@pytest.mark.parametrize(
    ("change", "answers_only"),
    [
        (with_fields(channel=None), False),
        (without("channel", "context"), False),
        (with_fields(context=1, authorizing_integration_owners=None), False),
        (with_fields(context=2, authorizing_integration_owners={"1": "7"}), True),
        (with_fields(context=9), True),
        (without("context", "authorizing_integration_owners"), True),
        (lambda payload: without("user")(payload) | {"member": {"user": payload["user"]}}, False),
    ],
)
async def test_outside_of_servers_the_context_says_whether_the_bot_may_write(
    shared, change, answers_only
):
    sent = await imagine(shared, shared.discord.member("Noah"), "a lonely boat", change)

    card = await sent.until(delivered(1))
    row = Store(shared).row(buttons(card)["again"].removeprefix("again:"))
    assert row is not None
    assert (row["guild_id"], bool(row["answers_only"])) == (None, answers_only)

"""A crafted client uses every button and select and sends every form and command of the bot.

Who has no right to it is refused in private, and nothing changes. The buttons, forms and commands
are those that the bot knows: a new one is tried too. Moderators are strangers where the operator's
are tried.
"""

from typing import Any

import pytest

from bot.ui.persistent_button import PersistentButton
from sandbox.discord.enums import CommandType, InteractionType
from sandbox.discord.interactions import UPDATES
from sandbox.discord.member import Invocation
from sandbox.discord.models import MODERATOR_PERMISSIONS
from sandbox.discord.option_values import NESTED, modal_component
from tests import persistent
from tests.acceptance.driver import (
    FAST_LANE,
    Store,
    answered,
    button,
    buttons,
    crafted,
    delivered,
    eventually,
    report,
    says,
    words,
)

CHANNEL_SELECT = 8  # a type of components
NOT_YOURS = "You need the **Manage Server** permission"
NO_OPERATOR = "Only the bot's owner and their team can do that."
REFUSALS = (
    NOT_YOURS,
    "Only whoever ordered this, or a moderator, can do that.",
    "This order is no longer stored.",
    "belongs to somebody else",
    "belong to somebody else",
    NO_OPERATOR,
)
# What everybody may do: for themselves, and with an order that they see.
FOR_ALL = ("help", "history", "order-form", "settings", "settings-pick", "settings-form")
FOR_READERS = ("again", "edit", "report", "report-form")
OPENED_BY = {
    "limits-form": "limits:edit",
    "panel-form": "limits:form",
    "block-form": "blocks:ask",
    "report-form": "report",
    "operator-form": "operator:settle",
    "limits-now:members": "start:limits",
    "limits-now:words": "start:words",
}
TABLES = (
    *("jobs", "guilds", "blocks", "drafts", "members", "deeds", "closure_notices"),
    *("denied", "lanes"),
)
# What would change something, in whatever form has such fields.
TYPED: dict[str, Any] = {
    "cooldown": "99",
    "member_per_day": "9",
    "member_at_once": "1",
    "server_per_day": "9",
    "server_usd_per_month": "0.5",
    "server_at_once": "1",
    "images": "1",
    "steps": "20",
    "spoiler": True,
    "exempt": True,
    "blocked": "cat",
    "reason": "x",
    "name": "x",
    "words": "y",
    "hours": ["1"],
    "charged": ["no"],
}


@pytest.fixture(scope="module")
def bot_settings():
    return FAST_LANE


class Scene:
    """A server with something of each kind, and a stranger in it."""

    def __init__(self, sandbox: Any, server: Any) -> None:
        self.sandbox, self.server, self.store = sandbox, server, Store(sandbox)
        self.stranger, self.moderator, self.blocked = server.crowd(3)
        role = sandbox.world.add_role(server.guild, "Mods", permissions=MODERATOR_PERMISSIONS)
        server.guild.members[self.moderator.user.id] = [role.id]
        self.jobs: dict[bool, str] = {}  # by whether they are private
        self.source: Any = None  # the message with the pressed button

    async def prepare(self) -> None:
        """Order in public and in private, report, block, and begin changes of the limits."""
        server, mira = self.server, self.server.mira
        log = server.channel("pictures")
        await (await mira.command("limits", "log", channel=log)).until(answered)
        for private in (False, True):
            sent = await server.noah.command("imagine", prompt="a boat", private=private)
            card = await sent.until(delivered(1))
            self.jobs[private] = buttons(card)["again"].partition(":")[2]
            self.source = self.source or sent.stored
            await self.store.delivered(self.jobs[private])
        await report(server.noah, self.source.shown)
        sent = await mira.command("limits", "block", member=self.blocked.user.id)
        await sent.until(answered)
        preview = await (await self.fill("limits-form:members", {"cooldown": "5"})).until(
            says("Review changes")
        )
        self.draft = button(preview, "limits:save:").rpartition(":")[2]
        faulty = await self.fill("limits-form:members", {"cooldown": "x"})
        self.form = button(await faulty.until(words), "limits:again:").rpartition(":")[2]
        untold = "SELECT id FROM deeds WHERE due_at IS NOT NULL"
        await eventually(lambda: not self.store.execute(untold))

    async def opened(self, custom_id: str) -> tuple[Invocation, Any]:
        """Let who may do so open a form."""
        kind, subject = custom_id.split(":")[:2]
        member = self.server.noah if kind == "report-form" else self.server.mira
        opened_by = OPENED_BY.get(custom_id) or f"{OPENED_BY[kind]}:{subject}"
        opened_by += ":0" if kind == "operator-form" else ""
        data = {"custom_id": opened_by}
        sent = crafted(self.sandbox, member, InteractionType.COMPONENT, data, self.source)
        return sent, await sent.opened()

    async def fill(self, custom_id: str, values: dict[str, Any]) -> Invocation:
        """Let Mira open a form and submit it."""
        opened, _ = await self.opened(custom_id)
        return await self.server.mira.submit_modal(opened, values)

    def ids(self, custom_id: str) -> list[str]:
        """Return real custom_ids like *custom_id*, for each thing that it can be about."""
        noah = self.server.noah.user.id
        for sample in (persistent.ID, persistent.MEMBER_ID):
            custom_id = custom_id.replace(str(sample), noah)
        subjects = list(self.jobs.values())
        if custom_id.startswith("limits:"):
            subjects = [self.draft, self.form, "members", "words", "log", "tiers"]
        return sorted({custom_id.replace(persistent.JOB_ID, subject) for subject in subjects})

    def is_for_all(self, custom_id: str) -> bool:
        """Tell whether everybody may press that button or send that form."""
        kind, _, subject = custom_id.partition(":")
        job_id = subject.partition(":")[0]
        return kind in FOR_ALL or (kind in FOR_READERS and job_id == self.jobs[False])

    def state(self) -> Any:
        """Return what is stored, and what others see."""
        rows = {
            table: [tuple(row) for row in self.store.execute(f"SELECT * FROM {table}")]
            for table in TABLES
        }
        seen = {
            message.id: (message.shown["content"], message.shown["components"])
            for viewer in (self.server.mira, self.server.noah)
            for channel in self.sandbox.world.channels.values()
            for message in self.sandbox.discord.messages.of(channel, viewer=viewer.user.id)
        }
        return rows, seen

    def send(
        self, member: Any, kind: InteractionType, data: dict[str, Any], **more: Any
    ) -> Invocation:
        """Let a member send what no client offers them."""
        return crafted(self.sandbox, member, kind, data, self.source, **more)

    def tried_by(self, custom_id: str) -> list[Any]:
        """Return who has no right to a button or form: of the operator's no moderator either."""
        is_operators = custom_id.partition(":")[0] in {"operator", "operator-form"}
        return [self.stranger, self.moderator] if is_operators else [self.stranger]


@pytest.fixture
async def scene(shared, server):
    scene = Scene(shared, server)
    await scene.prepare()
    return scene


async def assert_refused(sent: Invocation, what: Any) -> None:
    """Check that an answer is a refusal that only its member sees."""
    await sent.acknowledged()
    if sent.interaction.callback in UPDATES:
        told = await sent.follow_up()
        private = sent.interaction.follow_ups[0].ephemeral_for is not None
    else:
        told, private = await sent.until(words), sent.ephemeral
    assert private, (what, told)
    assert any(text in words(told) for text in REFUSALS), (what, words(told))


async def test_a_stranger_changes_nothing_with_any_button_or_select(scene):
    tried = {
        custom_id: kind
        for sample, (kind, _, _) in persistent.BUTTONS.items()
        for custom_id in scene.ids(sample)
        if not scene.is_for_all(custom_id)
    }
    picked = {"component_type": CHANNEL_SELECT, "values": [scene.server.channel("general")]}
    before = scene.state()

    for custom_id, kind in tried.items():
        data = {"custom_id": custom_id} | ({} if issubclass(kind, PersistentButton) else picked)
        for member in scene.tried_by(custom_id):
            await assert_refused(scene.send(member, InteractionType.COMPONENT, data), custom_id)

    kinds = {custom_id.partition(":")[0] for custom_id in tried}
    assert kinds >= {"limits", "blocks", "report", "operator"}
    assert scene.state() == before


async def test_a_stranger_changes_nothing_with_any_form(scene):
    forms = [
        custom_id
        for kind in persistent.FORMS
        for custom_id in scene.ids(kind)
        if not scene.is_for_all(custom_id)
    ]
    chosen = {
        "channel": [scene.server.channel("general")],
        "channels": [scene.server.channel("general")],
        "role": [scene.server.patrons.id],
    }
    filled = {}
    for custom_id in forms:
        opened, form = await scene.opened(custom_id)
        reason = {"reason": ["other"]} if custom_id.startswith("report-form") else {}
        fields = [modal_component(one, TYPED | chosen | reason) for one in form["components"]]
        filled[form["custom_id"]] = (opened.interaction, fields)
    before = scene.state()

    for custom_id, (opened_by, fields) in filled.items():
        data = {"custom_id": custom_id, "components": fields}
        for member in scene.tried_by(custom_id):
            sent = scene.send(member, InteractionType.MODAL_SUBMIT, data, opened_by=opened_by)
            await assert_refused(sent, custom_id)

    assert scene.state() == before


def leaves(command, path=()):
    """Yield the path and the options of each thing that can be typed of a command."""
    options = command.get("options") or []
    nested = [option for option in options if option["type"] in NESTED]
    for option in nested:
        yield from leaves(option, (*path, option["name"]))
    if not nested:
        yield path, options


async def test_a_stranger_changes_nothing_with_any_command_of_moderators_or_operators(scene):
    """An admin may have opened them to all: the bot checks the permission itself."""
    world, server = scene.sandbox.world, scene.server
    registered = scene.sandbox.discord.commands.by_id.values()
    commands = [one for one in registered if one.get("default_member_permissions")]
    assert {one["name"] for one in commands} >= {"limits", "Image limits", "operator"}
    world.open_to_all |= {one["name"] for one in commands}
    values = {3: "x", 5: True, 6: server.noah.user.id, 7: server.channel("general")}
    values |= {8: server.patrons.id}
    before = scene.state()

    for command in commands:
        if command["type"] == CommandType.USER:
            sent = await scene.stranger.user_command(command["name"], server.noah.user.id)
            await assert_refused(sent, command["name"])
            continue
        for path, options in leaves(command):
            for given in (options, [one for one in options if one.get("required")]):
                typed = {
                    one["name"]: values.get(one["type"], one.get("min_value", 1))
                    for one in given
                    if not one.get("choices")
                }
                for member in scene.tried_by(command["name"]):
                    sent = await member.command(command["name"], *path, **typed)
                    await assert_refused(sent, (command["name"], *path))

    assert scene.state() == before

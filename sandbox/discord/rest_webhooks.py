"""REST: the bot's responses to interactions. The token in the path is the only credential.

https://discord.com/developers/docs/interactions/receiving-and-responding
"""

from dataclasses import replace
from typing import Any

from aiohttp import web

from sandbox.discord import responses
from sandbox.discord.api_errors import ErrorCode, Json
from sandbox.discord.bodies import Body
from sandbox.discord.drafts import ON_CREATE, ON_EDIT, Draft, Target, write
from sandbox.discord.enums import CallbackType, CommandType, MessageFlag, MessageType, Permission
from sandbox.discord.interactions import Interaction, Interactions
from sandbox.discord.messages import Message, Messages
from sandbox.discord.rest import Call, Table, routes
from sandbox.discord.validation import Path
from sandbox.discord.world import World

ON_RESPONSE = ON_CREATE | MessageFlag.EPHEMERAL
MAX_FOLLOW_UPS = 5  # if the bot is installed in the user's account only


class Webhooks:
    """The routes below /interactions and /webhooks."""

    def __init__(self, world: World, messages: Messages, interactions: Interactions) -> None:
        self._world = world
        self._messages = messages
        self._interactions = interactions

    def routes(self) -> list[web.RouteDef]:
        """List the routes."""
        message = "/webhooks/{application}/{token}/messages/{message}"
        table: Table = {
            "POST /interactions/{interaction}/{token}/callback": self._first,
            "POST /webhooks/{application}/{token}": self._follow_up,
            f"GET {message}": lambda call: self._message(call)[1].shown,
            f"PATCH {message}": self._edit_message,
            f"DELETE {message}": lambda call: self._messages.remove(self._message(call)[1]),
        }
        return routes(table, None)

    def _first(self, call: Call) -> Json | None:
        body = call.body
        interaction = self._interactions.waiting(call.path["interaction"], call.path["token"])
        callback = responses.callback(interaction, body.payload)
        data = body.payload.get("data")
        message: Message | None = None
        match callback:
            case CallbackType.MESSAGE:
                target = self._target(interaction, ON_RESPONSE, responses.DATA)
                message = self._post(interaction, write(data or {}, body, target))
            case CallbackType.DEFERRED_MESSAGE:
                self._post(interaction, responses.deferred(data))
            case CallbackType.UPDATE:
                message = _source(interaction)
                self._edit(interaction, message, data or {}, body, responses.DATA)
            case CallbackType.DEFERRED_UPDATE:
                _source(interaction)
            case CallbackType.MODAL:
                interaction.modal = responses.checked_modal(data)
            case CallbackType.CHOICES:
                interaction.choices = responses.choices(interaction, data)
        self._interactions.answered(interaction, callback)
        shown = {"interaction": responses.shown(interaction)}
        if message is not None:
            shown["resource"] = {"type": int(callback), "message": message.shown}
        return shown if call.flag("with_response") else None

    def _follow_up(self, call: Call) -> Json:
        """Send a follow-up message; the first one after a deferral fills the deferred message."""
        body, interaction = call.body, self._interaction(call)
        original = interaction.message
        if original is not None and original.loading and not original.removed:
            return self._edit(interaction, original, body.payload, body)
        if interaction.only_for_user and len(interaction.follow_ups) >= MAX_FOLLOW_UPS:
            raise ErrorCode.TOO_MANY_FOLLOW_UPS.error()
        draft = write(body.payload, body, self._target(interaction, ON_RESPONSE))
        message = self._send(interaction, draft, reply_to=original or interaction.source)
        interaction.follow_ups.append(message)
        return message.shown

    def _edit_message(self, call: Call) -> Json:
        body = call.body
        return self._edit(*self._message(call), body.payload, body)

    def _interaction(self, call: Call) -> Interaction:
        return self._interactions.alive(call.path["application"], call.path["token"])

    def _message(self, call: Call) -> tuple[Interaction, Message]:
        """Return `@original`, or a message of the interaction by its id."""
        interaction, reference = self._interaction(call), call.path["message"]
        original = interaction.original
        for message in (original, *interaction.follow_ups):
            if message is None or message.removed:
                continue
            if message.id == reference or (message is original and reference == "@original"):
                return interaction, message
        raise ErrorCode.UNKNOWN_MESSAGE.error()

    def _edit(
        self, interaction: Interaction, message: Message, payload: Any, body: Body, path: Path = ()
    ) -> Json:
        target = self._target(interaction, ON_EDIT, path)
        self._messages.edit(message, write(payload, body, target, message.draft))
        return message.shown

    def _post(self, interaction: Interaction, draft: Draft) -> Message:
        interaction.message = self._send(interaction, draft, reply_to=interaction.source)
        return interaction.message

    def _send(self, interaction: Interaction, draft: Draft, reply_to: Message | None) -> Message:
        if _forced_ephemeral(interaction):
            draft = replace(draft, flags=draft.flags | MessageFlag.EPHEMERAL)
        ephemeral = MessageFlag.EPHEMERAL in draft.flags
        kind = MessageType.REPLY
        if reply_to is None:
            command = (interaction.command or {}).get("type", CommandType.CHAT_INPUT)
            typed = command == CommandType.CHAT_INPUT
            kind = MessageType.CHAT_INPUT_COMMAND if typed else MessageType.CONTEXT_MENU_COMMAND
        application = self._world.application_id
        return self._messages.post(
            interaction.channel,
            self._world.bot,
            draft,
            kind=kind,
            ephemeral_for=interaction.user.id if ephemeral else None,
            reply_to=reply_to,
            more={
                "application_id": application,
                "webhook_id": application,
                **responses.origin(interaction),
            },
        )

    def _target(self, interaction: Interaction, settable: MessageFlag, path: Path = ()) -> Target:
        return Target(self._world, interaction.channel, settable, path)


def _source(interaction: Interaction) -> Message:
    if interaction.source is None or interaction.source.removed:
        raise ErrorCode.UNKNOWN_MESSAGE.error()
    return interaction.source


def _forced_ephemeral(interaction: Interaction) -> bool:
    """Tell whether the guild makes responses of user-installed applications ephemeral."""
    guild = interaction.guild
    if guild is None or not interaction.only_for_user:
        return False
    return Permission.USE_EXTERNAL_APPS not in guild.permissions(interaction.user.id)

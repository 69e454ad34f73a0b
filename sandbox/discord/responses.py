"""The bot's responses to interactions: the first one, edits and follow-ups.

https://discord.com/developers/docs/interactions/receiving-and-responding
"""

from dataclasses import replace
from typing import Any

from sandbox.discord import components, serializers
from sandbox.discord.api_errors import ErrorCode, Json
from sandbox.discord.attachments import Media
from sandbox.discord.bodies import Body
from sandbox.discord.drafts import ON_CREATE, ON_EDIT, Draft, Target, write
from sandbox.discord.enums import (
    CallbackType,
    CommandType,
    InteractionType,
    MessageFlag,
    MessageType,
    OptionType,
    Permission,
)
from sandbox.discord.installs import only_for_user
from sandbox.discord.interactions import Interaction, Interactions
from sandbox.discord.messages import Message, Messages
from sandbox.discord.rendering import render
from sandbox.discord.validation import SCHEMAS, Form, Path, validate
from sandbox.discord.world import World

ALLOWED = {
    InteractionType.COMMAND: {
        CallbackType.MESSAGE,
        CallbackType.DEFERRED_MESSAGE,
        CallbackType.MODAL,
    },
    InteractionType.COMPONENT: set(CallbackType) - {CallbackType.CHOICES},
    InteractionType.AUTOCOMPLETE: {CallbackType.CHOICES},
    InteractionType.MODAL_SUBMIT: {CallbackType.MESSAGE, CallbackType.DEFERRED_MESSAGE},
}
# Also for a modal that a component opened
UPDATES = {CallbackType.DEFERRED_UPDATE, CallbackType.UPDATE}
DATA = ("data",)  # where the message is in the body of a first response
ON_RESPONSE = ON_CREATE | MessageFlag.EPHEMERAL
MAX_FOLLOW_UPS = 5  # if the bot is installed in the user's account only
MESSAGE_FIELDS: Json = SCHEMAS["MessageCreateRequest"]["properties"]
DEFERRAL: Json = {
    "type": "object",
    "properties": {key: MESSAGE_FIELDS[key] for key in ("flags", "tts")},
}


class ResponseHandler:
    """Performs the bot's responses to interactions."""

    def __init__(self, world: World, messages: Messages, interactions: Interactions) -> None:
        self._world = world
        self._messages = messages
        self._interactions = interactions

    def first(self, interaction_id: str, token: str, body: Body) -> Json:
        """Perform the first response; return the body for `with_response`."""
        interaction = self._interactions.waiting(interaction_id, token)
        callback = _callback(interaction, body.payload)
        data = body.payload.get("data")
        message: Message | None = None
        match callback:
            case CallbackType.MESSAGE:
                target = self._target(interaction, ON_RESPONSE, DATA)
                message = self._post(interaction, write(data or {}, body, target))
            case CallbackType.DEFERRED_MESSAGE:
                self._post(interaction, _deferred(data))
            case CallbackType.UPDATE:
                message = _source(interaction)
                self._edit(interaction, message, data or {}, body, DATA)
            case CallbackType.DEFERRED_UPDATE:
                _source(interaction)
            case CallbackType.MODAL:
                interaction.modal = checked_modal(data)
            case CallbackType.CHOICES:
                interaction.choices = _choices(interaction, data)
        self._interactions.answered(interaction, callback)
        shown = {"interaction": _shown(interaction)}
        if message is not None:
            shown["resource"] = {"type": int(callback), "message": message.shown}
        return shown

    def message(self, interaction: Interaction, reference: str) -> Message:
        """Return `@original`, or a message of the interaction by its id."""
        original = original_of(interaction)
        for message in (original, *interaction.follow_ups):
            if message is None or message.removed:
                continue
            if message.id == reference or (message is original and reference == "@original"):
                return message
        raise ErrorCode.UNKNOWN_MESSAGE.error()

    def edit(self, interaction: Interaction, message: Message, body: Body) -> Message:
        """Edit a message of the interaction."""
        self._edit(interaction, message, body.payload, body, ())
        return message

    def follow_up(self, interaction: Interaction, body: Body) -> Message:
        """Send a follow-up message; the first one after a deferral fills the deferred message."""
        original = interaction.message
        if original is not None and original.loading and not original.removed:
            return self.edit(interaction, original, body)
        if only_for_user(interaction.owners) and len(interaction.follow_ups) >= MAX_FOLLOW_UPS:
            raise ErrorCode.TOO_MANY_FOLLOW_UPS.error()
        draft = write(body.payload, body, self._target(interaction, ON_RESPONSE, ()))
        message = self._send(interaction, draft, reply_to=original or interaction.source)
        interaction.follow_ups.append(message)
        return message

    def _edit(
        self, interaction: Interaction, message: Message, payload: Any, body: Body, path: Path
    ) -> None:
        target = self._target(interaction, ON_EDIT, path)
        self._messages.edit(message, write(payload, body, target, message.draft))

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
        return self._messages.post(
            interaction.channel,
            self._world.bot,
            draft,
            kind=kind,
            ephemeral_for=interaction.user.id if ephemeral else None,
            reply_to=reply_to,
            more={
                "application_id": self._world.application_id,
                "webhook_id": self._world.application_id,
                "interaction_metadata": _metadata(interaction),
                **_legacy(interaction),
            },
        )

    def _target(self, interaction: Interaction, settable: MessageFlag, path: Path) -> Target:
        return Target(self._world, interaction.channel, settable, path)


def _forced_ephemeral(interaction: Interaction) -> bool:
    """Tell whether the guild makes responses of user-installed applications ephemeral."""
    guild = interaction.guild
    if guild is None or not only_for_user(interaction.owners):
        return False
    return Permission.USE_EXTERNAL_APPS not in guild.permissions(interaction.user.id)


def _callback(interaction: Interaction, payload: Any) -> CallbackType:
    allowed = set(ALLOWED[interaction.type])
    if interaction.type is InteractionType.MODAL_SUBMIT and interaction.source is not None:
        allowed |= UPDATES
    schema: Json = {
        "type": "object",
        "required": ["type"],
        "properties": {"type": {"enum": sorted(int(callback) for callback in allowed)}},
    }
    return CallbackType(validate(schema, payload)["type"])


def original_of(interaction: Interaction) -> Message | None:
    """Return `@original`: the response, or the message that it edited."""
    return interaction.source if interaction.callback in UPDATES else interaction.message


def _source(interaction: Interaction) -> Message:
    if interaction.source is None or interaction.source.removed:
        raise ErrorCode.UNKNOWN_MESSAGE.error()
    return interaction.source


def _deferred(data: Any) -> Draft:
    """Return the loading message; only the EPHEMERAL flag has an effect."""
    kept = validate(DEFERRAL, data or {}, DATA)
    flags = MessageFlag(kept.get("flags") or 0)
    form = Form()
    if MessageFlag.COMPONENTS_V2 in flags:
        message = "IS_COMPONENTS_V2 can only be set when the deferred message is edited"
        form.refuse((*DATA, "flags"), "INTERACTION_CALLBACK_DEFERRED_FLAGS_INVALID", message)
    form.close()
    return Draft(flags=MessageFlag.LOADING | (flags & MessageFlag.EPHEMERAL))


def checked_modal(data: Any) -> Json:
    """Return a modal as a member's client gets it; raise ApiError 50035 if it is wrong."""
    kept: Json = validate("ModalInteractionCallbackRequestData", data or {}, DATA)
    form = Form()
    components.check_modal(kept["components"], (*DATA, "components"), form)
    form.close()
    return kept | {"components": render(kept["components"], lambda _: Media(shown={}), form=True)}


def _choices(interaction: Interaction, data: Any) -> list[Json]:
    """Check the choices by the type of the focused option."""
    kind = OptionType(_focused(interaction.data.get("options") or [])).name.title()
    schema = f"InteractionApplicationCommandAutocompleteCallback{kind}Data"
    return validate(schema, data or {}, DATA).get("choices") or []


def _focused(options: list[Json]) -> int:
    for option in options:
        if option.get("focused"):
            return int(option["type"])
        if inner := option.get("options"):
            return _focused(inner)
    return OptionType.STRING


def _shown(interaction: Interaction) -> Json:
    shown: Json = {
        "id": interaction.id,
        "type": int(interaction.type),
        "channel_id": interaction.channel.id,
    }
    if interaction.guild is not None:
        shown["guild_id"] = interaction.guild.id
    if message := original_of(interaction):
        shown |= {
            "response_message_id": message.id,
            "response_message_loading": message.loading,
            "response_message_ephemeral": message.ephemeral_for is not None,
        }
    return shown


def _metadata(interaction: Interaction) -> Json:
    """Return the `interaction_metadata` of a message."""
    shown: Json = {
        "id": interaction.id,
        "type": int(interaction.type),
        "user": serializers.user(interaction.user),
        "authorizing_integration_owners": interaction.owners,
    }
    if interaction.command is not None:
        shown["name"] = interaction.command["name"]
    if interaction.type is InteractionType.COMMAND:
        shown |= _targets(interaction.data)
    if interaction.message is not None:
        shown["original_response_message_id"] = interaction.message.id
    if interaction.opened_by is not None:
        shown["triggering_interaction_metadata"] = _metadata(interaction.opened_by)
    elif interaction.source is not None:
        shown["interacted_message_id"] = interaction.source.id
    return shown


def _targets(data: Json) -> Json:
    """Return the target of a menu command."""
    match data.get("type"):
        case CommandType.MESSAGE:
            return {"target_message_id": data["target_id"]}
        case CommandType.USER:
            return {"target_user": data["resolved"]["users"][data["target_id"]]}
    return {}


def _legacy(interaction: Interaction) -> Json:
    """Return the deprecated `interaction` field, which Discord still sends for commands."""
    if interaction.type is not InteractionType.COMMAND or interaction.command is None:
        return {}
    return {
        "interaction": {
            "id": interaction.id,
            "type": int(interaction.type),
            "name": interaction.command["name"],
            "user": serializers.user(interaction.user),
        }
    }

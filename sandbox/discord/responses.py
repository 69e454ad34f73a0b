"""The parts of a response to an interaction: checks of the first one, and what Discord adds."""

from collections.abc import Iterator
from typing import Any

from sandbox.discord import components, serializers
from sandbox.discord.api_errors import Json
from sandbox.discord.drafts import Draft
from sandbox.discord.enums import (
    CallbackType,
    CommandType,
    InteractionType,
    MessageFlag,
    OptionType,
)
from sandbox.discord.interactions import UPDATES, Interaction
from sandbox.discord.rendering import render
from sandbox.discord.validation import Form, validate

MESSAGES = {CallbackType.MESSAGE, CallbackType.DEFERRED_MESSAGE}
ALLOWED = {
    InteractionType.COMMAND: {*MESSAGES, CallbackType.MODAL},
    InteractionType.COMPONENT: {*MESSAGES, *UPDATES, CallbackType.MODAL},
    InteractionType.AUTOCOMPLETE: {CallbackType.CHOICES},
    InteractionType.MODAL_SUBMIT: MESSAGES,
}
DATA = ("data",)  # where the message is in the body of a first response


def callback(interaction: Interaction, payload: Any) -> CallbackType:
    """Return the type of a first response; a modal that a component opened allows updates too."""
    allowed = ALLOWED[interaction.type]
    if interaction.type is InteractionType.MODAL_SUBMIT and interaction.source is not None:
        allowed = MESSAGES | UPDATES
    schema: Json = {
        "type": "object",
        "required": ["type"],
        "properties": {"type": {"enum": sorted(int(kind) for kind in allowed)}},
    }
    return CallbackType(validate(schema, payload)["type"])


def deferred(data: Any) -> Draft:
    """Return the loading message; only the EPHEMERAL flag has an effect."""
    flags = MessageFlag(validate("MessageCreateRequest", data or {}, DATA).get("flags") or 0)
    with Form() as form:
        if MessageFlag.COMPONENTS_V2 in flags:
            form.refuse((*DATA, "flags"), "INTERACTION_CALLBACK_DEFERRED_FLAGS_INVALID")
    return Draft(flags=MessageFlag.LOADING | (flags & MessageFlag.EPHEMERAL))


def checked_modal(data: Any) -> Json:
    """Return a modal as a member's client gets it; raise ApiError 50035 if it is wrong."""
    kept: Json = validate("ModalInteractionCallbackRequestData", data or {}, DATA)
    with Form() as form:
        components.check_modal(kept["components"], (*DATA, "components"), form)
    return kept | {"components": render(kept["components"], (), form=True)}


def choices(interaction: Interaction, data: Any) -> list[Json]:
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


def shown(interaction: Interaction) -> Json:
    """Return an interaction as the answer to its first response contains it."""
    fields: Json = {
        "id": interaction.id,
        "type": int(interaction.type),
        "channel_id": interaction.channel.id,
    }
    if interaction.guild is not None:
        fields["guild_id"] = interaction.guild.id
    if message := interaction.original:
        fields |= {
            "response_message_id": message.id,
            "response_message_loading": message.loading,
            "response_message_ephemeral": message.ephemeral_for is not None,
        }
    return fields


def origin(interaction: Interaction) -> Json:
    """Return the fields of a message that name its interaction.

    Discord still sends the deprecated `interaction` for commands.
    """
    metadata = _metadata(interaction)
    if interaction.type is not InteractionType.COMMAND or interaction.command is None:
        return {"interaction_metadata": metadata}
    legacy = {key: metadata[key] for key in ("id", "type", "name", "user")}
    return {"interaction_metadata": metadata, "interaction": legacy}


def _metadata(interaction: Interaction) -> Json:
    fields: Json = {
        "id": interaction.id,
        "type": int(interaction.type),
        "user": serializers.user(interaction.user),
        "authorizing_integration_owners": interaction.owners,
    }
    if interaction.command is not None:
        fields["name"] = interaction.command["name"]
    if interaction.type is InteractionType.COMMAND:
        fields["name"] = " ".join(_used(interaction.data))
        fields |= _targets(interaction.data)
    if interaction.message is not None:
        fields["original_response_message_id"] = interaction.message.id
    if interaction.opened_by is not None:
        fields["triggering_interaction_metadata"] = _metadata(interaction.opened_by)
    elif interaction.source is not None:
        fields["interacted_message_id"] = interaction.source.id
    return fields


def _used(data: Json) -> Iterator[str]:
    """Yield the names of a command, and of its group and subcommand if there are."""
    yield data["name"]
    for option in data.get("options") or ():
        if option.get("type") in {OptionType.SUBCOMMAND, OptionType.GROUP}:
            yield from _used(option)


def _targets(data: Json) -> Json:
    """Return the target of a menu command."""
    match data.get("type"):
        case CommandType.MESSAGE:
            return {"target_message_id": data["target_id"]}
        case CommandType.USER:
            users = (data.get("resolved") or {}).get("users", {})  # tests change what was sent
            return {"target_user": users[data["target_id"]]} if data["target_id"] in users else {}
    return {}

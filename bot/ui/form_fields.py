"""The fields of a submitted form, and a form that shows again what was typed in it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import discord
from discord import ui

from bot.ui import guild_cache
from bot.ui.interaction_payload import snowflake


def fields(components: Sequence[Any]) -> Iterator[dict[str, Any]]:
    """Yield a submitted form's fields: in labels, or in rows as older clients send them."""
    for component in components:
        if isinstance(component.get("component"), dict):
            yield component["component"]
        yield from component.get("components") or ()


def by_id(components: Sequence[Any]) -> Mapping[str, Mapping[str, Any]]:
    """Return a submitted form's fields by their ids."""
    return {str(field.get("custom_id")): field for field in fields(components)}


def typed(components: Sequence[Any]) -> dict[str, Any]:
    """Return what was typed, ticked or chosen in a submitted form, by its fields."""
    return {
        name: field.get("values", field.get("value")) for name, field in by_id(components).items()
    }


def refill(form: ui.Modal, values: Mapping[str, Any]) -> None:
    """Put *values*, as :func:`typed` returned them, into the fields of *form*."""
    for label in form.children:
        assert isinstance(label, ui.Label)
        field: Any = label.component
        match field, values.get(field.custom_id):
            case ui.TextInput(), str(text):
                field.default = text[: field.max_length]
            case ui.Checkbox(), bool(ticked):
                field.default = ticked
            case ui.Select(), list(chosen):
                for option in field.options:
                    option.default = option.value in chosen
            case ((ui.ChannelSelect() | ui.RoleSelect()), list(ids)):
                field.default_values = list(_chosen(field, ids))[: field.max_values]


def _chosen(select: Any, ids: Sequence[Any]) -> Iterator[discord.SelectDefaultValue]:
    """Yield what Discord can show as chosen: what was not deleted meanwhile."""
    is_role = isinstance(select, ui.RoleSelect)
    kind = (
        discord.SelectDefaultValueType.role if is_role else discord.SelectDefaultValueType.channel
    )
    is_deleted = guild_cache.is_deleted_role if is_role else guild_cache.is_deleted_channel
    for chosen in filter(None, map(snowflake, ids)):
        if not is_deleted(chosen):
            yield discord.SelectDefaultValue(id=chosen, type=kind)

"""Parser of INTERACTION_CREATE: keeps what the bot reads, each field with its documented type.

Discord adds fields, types and contexts at any time, leaves optional fields out, and sends null for
some. What is missing or unusual is derived from ``guild_id``, ``context`` and ``channel_id``.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from bot.errors import ImagineError

FILE_LIMIT: Final = 10 * 2**20  # bytes; what Discord takes everywhere

_GUILD, _BOT_DM = 0, 1  # contexts
_BY_GUILD, _BY_USER = "0", "1"  # installations
_TEXT, _DM, _THREADS = 0, 1, frozenset({10, 11, 12})  # types of channels
_MOST_ID: Final = 2**63 - 1  # the store's integers
_LONGEST_NUMBER: Final = 40  # digits
_DEEPEST: Final = 40  # levels of nested objects
_UNSOUND: Final = {0: None}  # PostgreSQL takes no NUL in text

Json = dict[str, Any]


class UnreadableInteraction(ImagineError):
    """An interaction lacks what it needs to be handled: nothing was done."""


class UnknownComponent(UnreadableInteraction):
    """A button or a form that this version does not have."""


def is_answerable(data: object) -> bool:
    """Tell whether an interaction has what an answer needs: an id and a token."""
    return bool(_number(_get(data, "id"))) and bool(_text(data, "token"))


def parse(data: Json, *, application_id: int, guild_of: Callable[[int], int | None]) -> Json:
    """Return the payload of an answerable interaction, as discord.py reads it.

    *guild_of* returns the server with that id, or of the channel with that id, if the bot is in it.

    Raises UnreadableInteraction if something is missing without which nothing can be done.
    """
    if snowflake(_get(data, "id")) is None:
        raise UnreadableInteraction("id")
    guild_id, channel_id = _place(data, guild_of)
    owners = _owners(data, guild_id, joined=guild_id is not None and guild_of(guild_id) is not None)
    payload = envelope(data, application_id) | {
        "app_permissions": _permissions(_get(data, "app_permissions")),
        "authorizing_integration_owners": owners,
        "context": _context(data, guild_id, owners),
        "data": _data(_number(_get(data, "type")), sound(_get(data, "data"))),
    }
    member = _dict(data, "member")
    user = _user(_dict(member, "user") or _dict(data, "user"))
    if guild_id is None:
        payload["user"] = user
    else:
        features = {"features": _list(_dict(data, "guild"), "features")}
        payload |= {"guild_id": guild_id, "guild": features, "member": _member(member, user)}
    channel = _dict(data, "channel")
    payload["channel"] = _channel(channel, channel_id or 0, in_guild=guild_id is not None)
    if message := _dict(data, "message"):
        payload["message"] = _message(sound(message))
    return payload


def envelope(data: Json, application_id: int) -> Json:
    """Return the payload of an answerable interaction that nothing but an answer needs."""
    return {
        "id": _number(_get(data, "id")),
        "token": _text(data, "token"),
        "type": _number(_get(data, "type")) or 0,
        "version": 1,
        "application_id": snowflake(_get(data, "application_id")) or application_id,
        "attachment_size_limit": _number(_get(data, "attachment_size_limit")) or FILE_LIMIT,
        "locale": _text(data, "locale"),
        "guild_locale": _text(data, "guild_locale"),
        "channel": _channel({}, 0, in_guild=False),  # discord.py reads the answer's message by it
    }


def snowflake(value: object) -> int | None:
    """Return *value* as an id; ``None``: it is none."""
    number = _number(value)
    return number if number is not None and 0 < number <= _MOST_ID else None


def sound(value: Any, depth: int = 0) -> Any:
    """Return *value* without what JSON or the store can't take: unpaired surrogates and NUL.

    What is nested too deep becomes null.
    """
    if isinstance(value, str):
        paired = value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        return paired.translate(_UNSOUND)
    if depth > _DEEPEST:
        return None
    if isinstance(value, dict):
        return {sound(key): sound(part, depth + 1) for key, part in value.items()}
    return [sound(part, depth + 1) for part in value] if isinstance(value, list) else value


def _place(data: Json, guild_of: Callable[[int], int | None]) -> tuple[int | None, int | None]:
    """Return the server and the channel; a channel's server is the one that the bot knows it in."""
    channels = (_get(data, "channel_id"), _get(_dict(data, "channel"), "id"))
    channel_id = next(filter(None, map(snowflake, channels)), None)
    given = _get(data, "guild_id")
    guild_id = snowflake(given) or snowflake(_get(_dict(data, "guild"), "id"))
    if guild_id is None and channel_id is not None:
        guild_id = guild_of(channel_id)
    if guild_id is None and given is not None:
        raise UnreadableInteraction("guild_id")
    return guild_id, channel_id


def _owners(data: Json, guild_id: int | None, *, joined: bool) -> dict[str, int]:
    """Return whose installations authorize the interaction.

    The server's own, unless Discord names a member's alone, and the bot is not in the server.
    """
    named = _dict(data, "authorizing_integration_owners")
    owners = {kind: snowflake(named[kind]) or 0 for kind in (_BY_GUILD, _BY_USER) if kind in named}
    if guild_id is not None and (joined or set(named) != {_BY_USER}):
        owners[_BY_GUILD] = guild_id
    return owners


def _context(data: Json, guild_id: int | None, owners: Mapping[str, int]) -> int:
    """Return the context; ``-1``: an unknown one, in which the bot may only answer."""
    if guild_id is not None:
        return _GUILD
    context = _number(_get(data, "context"))
    if context is None:  # the bot's own channel is the server's installation outside of servers
        return _BOT_DM if _BY_GUILD in owners else -1
    return context


def _channel(channel: Json, channel_id: int, *, in_guild: bool) -> Json:
    """Return the channel, as the kind whose fields the bot reads: text, thread or direct."""
    read: Json = {"id": channel_id, "type": _TEXT if in_guild else _DM, "name": ""}
    read |= {"position": 0, "nsfw": _get(channel, "nsfw") is True}
    read["rate_limit_per_user"] = _number(_get(channel, "rate_limit_per_user")) or 0
    kind, parent_id = _number(_get(channel, "type")), snowflake(_get(channel, "parent_id"))
    state = _dict(channel, "thread_metadata")
    is_thread = kind in _THREADS or bool(state)
    if in_guild and parent_id is not None:
        read["parent_id"] = parent_id  # the thread's channel, or the category
    if in_guild and is_thread and parent_id is not None:
        read["type"] = kind if kind in _THREADS else min(_THREADS)
        read |= {"owner_id": 0, "message_count": 0, "member_count": 0}
        flags = {name: _get(state, name) is True for name in ("archived", "locked")}
        read["thread_metadata"] = flags | {"auto_archive_duration": 0, "archive_timestamp": None}
    return read


def _user(user: Json) -> Json:
    user_id = snowflake(_get(user, "id"))
    if user_id is None:
        raise UnreadableInteraction("user")
    return _named(user, user_id)


def _named(user: Json, user_id: int) -> Json:
    names = {"username": _text(user, "username"), "global_name": _text(user, "global_name") or None}
    return {"id": user_id, "discriminator": "0", "avatar": None, **names}


def _member(member: Json, user: Json) -> Json:
    roles = _get(member, "roles")
    ids = map(snowflake, roles if isinstance(roles, list) else ())
    return {
        "user": user,
        "nick": _text(member, "nick") or None,
        "roles": [role for role in ids if role is not None],
        "permissions": _permissions(_get(member, "permissions")),
        "communication_disabled_until": _time(_get(member, "communication_disabled_until")),
        "flags": 0,
    }


def _message(message: Json) -> Json:
    """Return a message with what the bot reads of it; an unknown author has the id 0."""
    author = _dict(message, "author")
    users = ((snowflake(_get(user, "id")), user) for user in _list(message, "mentions"))
    lists = ("attachments", "components", "embeds", "message_snapshots")
    return {
        "id": snowflake(_get(message, "id")) or 0,
        "channel_id": snowflake(_get(message, "channel_id")) or 0,
        "type": _number(_get(message, "type")) or 0,
        "flags": _number(_get(message, "flags")) or 0,
        "content": _text(message, "content"),
        "author": _named(author, snowflake(_get(author, "id")) or 0),
        "mentions": [_named(user, user_id) for user_id, user in users if user_id is not None],
        "edited_timestamp": None,
        **dict.fromkeys(("pinned", "tts", "mention_everyone"), False),
        **{name: _list(message, name) for name in lists},
    }


def _data(kind: int | None, data: object) -> Json:
    """Return the part that depends on the kind of interaction."""
    read = dict(data) if isinstance(data, dict) else {}
    match kind:
        case 2 | 4:
            read["type"] = _needed({"type": 1} | read, "type", int)
            read["name"] = _needed(read, "name", str)
            read |= {
                "options": list(_options(read)),
                "resolved": _resolved(_dict(read, "resolved")),
            }
            read.pop("guild_id", None)  # of a command that one server registered; there is none
        case 3 | 5:
            read |= {"custom_id": _needed(read, "custom_id", str)}
            read |= {"components": list(_components(read, "components"))} | _values(read)
        case _:
            raise UnreadableInteraction("type")
    return read


def _resolved(resolved: Json) -> Json:
    """Return the objects that options and menus name, by kind and id."""
    read = {kind: objects for kind, objects in resolved.items() if isinstance(objects, dict)}
    if messages := read.get("messages"):
        read["messages"] = {
            key: _message(message) for key, message in messages.items() if isinstance(message, dict)
        }
    return read


def _options(parent: Json) -> Iterator[Json]:
    """Yield the options of a command or a group of commands."""
    for option in _list(parent, "options"):
        if not isinstance(option, dict):
            raise UnreadableInteraction("options")
        checked = {"name": _needed(option, "name", str), "type": _needed(option, "type", int)}
        yield option | checked | {"options": list(_options(option))}


def _components(parent: Json, name: str) -> Iterator[Json]:
    """Yield the components of a submitted form with what is nested in them."""
    for component in _list(parent, name):
        if not isinstance(component, dict):
            raise UnreadableInteraction("components")
        inner = component.get("component")
        value = component.get("value")
        yield {
            "custom_id": _text(component, "custom_id"),
            "value": value if isinstance(value, str | bool) else None,
            "components": list(_components(component, "components")),
            "component": next(_components({"one": [inner]}, "one"), None) if inner else None,
        } | _values(component)


def _values(component: Json) -> Json:
    if "values" not in component:
        return {}
    return {"values": [value for value in _list(component, "values") if isinstance(value, str)]}


def _needed(data: Json, name: str, kind: type) -> Any:
    value = data.get(name)
    if not isinstance(value, kind) or isinstance(value, bool):
        raise UnreadableInteraction(name)
    return value


def _get(data: object, name: str) -> object:
    return data.get(name) if isinstance(data, dict) else None


def _dict(data: object, name: str) -> Json:
    value = _get(data, name)
    return value if isinstance(value, dict) else {}


def _list(data: object, name: str) -> list[Any]:
    value = _get(data, name)
    return value if isinstance(value, list) else []


def _text(data: object, name: str) -> str:
    value = _get(data, name)
    return str(sound(value)) if isinstance(value, str) else ""


def _number(value: object) -> int | None:
    if isinstance(value, str) and len(value) <= _LONGEST_NUMBER and value.isascii():
        return int(value) if value.isdigit() else None
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    return value if value >= 0 else None


def _permissions(value: object) -> int:
    return _number(value) or 0


def _time(value: object) -> str | None:
    try:
        read = datetime.fromisoformat(str(value))
        return read.replace(tzinfo=read.tzinfo or UTC).isoformat()
    except ValueError:
        return None

"""The content of a message after a request that creates or edits it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from sandbox.discord import attachments, components
from sandbox.discord.api_errors import ErrorCode, Json
from sandbox.discord.attachments import File
from sandbox.discord.bodies import Body
from sandbox.discord.enums import MessageFlag, Permission
from sandbox.discord.models import Channel
from sandbox.discord.rendering import render
from sandbox.discord.validation import Form, Path, validate
from sandbox.discord.world import World

ON_CREATE = (
    MessageFlag.SUPPRESS_EMBEDS | MessageFlag.SUPPRESS_NOTIFICATIONS | MessageFlag.COMPONENTS_V2
)
ON_EDIT = MessageFlag.SUPPRESS_EMBEDS | MessageFlag.COMPONENTS_V2
MENTION = re.compile(r"<@!?(\d+)>")
ROLE_MENTION = re.compile(r"<@&(\d+)>")


@dataclass(frozen=True)
class Target:
    """Where a message is written: its channel, its place in the request, the flags it may set."""

    world: World
    channel: Channel
    settable: MessageFlag
    path: Path = ()  # of the message in the request body


@dataclass(frozen=True, kw_only=True)
class Draft:
    """The content of a message."""

    content: str = ""
    tts: bool = False
    flags: MessageFlag = MessageFlag.NONE
    components: list[Json] = field(default_factory=list)
    files: list[File] = field(default_factory=list)
    mentioned: list[str] = field(default_factory=list)  # ids of users who are notified
    mentioned_roles: list[str] = field(default_factory=list)  # ids of roles, the same

    @property
    def empty(self) -> bool:
        """Whether the message would show nothing."""
        if MessageFlag.COMPONENTS_V2 in self.flags:
            return not self.components
        return not (self.content or self.components or self.files)


def write(payload: Json, body: Body, target: Target, before: Draft | None = None) -> Draft:
    """Return the content of a message after *payload*, a part of *body*, is applied to *before*.

    Raises:
        ApiError: 50035 for a wrong field, 40005 for a file that is too large, 50006 if the message
            is empty, 240000 if the world blocks what it says.
    """
    path = target.path
    checked = validate("MessageCreateRequest", payload, path)
    was = before or Draft()
    content = (checked["content"] or "").strip() if "content" in checked else was.content
    new_components = checked.get("components") or []
    with Form() as form:
        flags = _flags(checked.get("flags"), was.flags, target, form, editing=before is not None)
        v2 = MessageFlag.COMPONENTS_V2 in flags
        for key in ("embeds", "poll", "sticker_ids"):
            if payload.get(key):
                form.refuse((*path, key), "UNSUPPORTED", f"This stand-in of Discord has no {key}")
        files = attachments.take(
            checked.get("attachments"),
            body.files,
            (*path, "attachments"),
            form,
            kept={file.id: file for file in was.files},
            folder=f"{target.world.origin}/attachments/{target.channel.id}",
            limit=target.world.attachment_size_limit,
        )
        filenames = {file.filename for file in files}
        place = (*path, "components")
        attachments.check_references(new_components, place, form, filenames)
        components.check_message(new_components, place, form, v2=v2)
    draft = Draft(
        content=content,
        tts=bool(checked.get("tts")),
        flags=flags,
        components=render(new_components, files) if "components" in checked else was.components,
        files=files,
    )
    with Form() as form:
        if v2 and content:
            form.refuse((*path, "content"), "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2")
        allowed = checked.get("allowed_mentions")
        mentioned = _mentioned(draft, allowed, (*path, "allowed_mentions"), form)
        roles = _mentioned_roles(draft, allowed, target)
    if draft.empty:
        raise ErrorCode.EMPTY_MESSAGE.error()
    if any(link in _text(draft) for link in target.world.harmful):
        raise ErrorCode.HARMFUL_LINK.error()
    return replace(draft, mentioned=mentioned, mentioned_roles=roles)


def mentions_in(text: str) -> list[str]:
    """Return the ids of the users mentioned in a text, each once."""
    return list(dict.fromkeys(MENTION.findall(text)))


def _flags(
    asked: int | None, was: MessageFlag, target: Target, form: Form, *, editing: bool
) -> MessageFlag:
    kept = was & ~MessageFlag.LOADING
    if asked is None:
        return kept
    wanted = MessageFlag(asked) & target.settable
    if MessageFlag.COMPONENTS_V2 in was and MessageFlag.COMPONENTS_V2 not in wanted:
        form.refuse((*target.path, "flags"), "MESSAGE_CANNOT_REMOVE_COMPONENTS_V2_FLAG")
    return (kept & ~target.settable) | wanted if editing else wanted


def _text(draft: Draft) -> str:
    texts = [part.get("content", "") for part, _ in components.walk(draft.components, ())]
    return "\n".join([draft.content, *texts])


def _mentioned(
    draft: Draft, allowed: Mapping[str, list[str]] | None, path: Path, form: Form
) -> list[str]:
    mentions = mentions_in(_text(draft))
    if allowed is None:
        return mentions
    listed, parsed = allowed.get("users") or [], allowed.get("parse") or []
    if listed and "users" in parsed:
        form.refuse(path, "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE")
    return mentions if "users" in parsed else [user for user in mentions if user in listed]


def _mentioned_roles(
    draft: Draft, allowed: Mapping[str, list[str]] | None, target: Target
) -> list[str]:
    """Return the roles that are notified: those that the bot may mention, but for @everyone."""
    world, guild = target.world, target.world.guild_of(target.channel)
    named = dict.fromkeys(ROLE_MENTION.findall(_text(draft)))
    if allowed is not None and "roles" not in (allowed.get("parse") or []):
        named = {role: None for role in named if role in (allowed.get("roles") or [])}
    everyone = Permission.MENTION_EVERYONE in world.bot_permissions(target.channel)
    roles = guild.roles if guild else {}
    return [
        role
        for role in named
        if role in roles and role != target.channel.guild_id
        if everyone or roles[role].mentionable
    ]

"""The messages of all channels, with all their versions."""

import time
from dataclasses import dataclass, field, replace

from sandbox import time_of_day
from sandbox.discord import serializers, snowflakes
from sandbox.discord.api_errors import ErrorCode, Json, too_many_old_edits
from sandbox.discord.attachments import File
from sandbox.discord.drafts import Draft
from sandbox.discord.enums import MessageFlag, MessageType, Permission
from sandbox.discord.events import Event
from sandbox.discord.models import Channel, User
from sandbox.discord.world import World


@dataclass(eq=False, kw_only=True)
class Message:
    """A message with its history."""

    id: str = field(default_factory=snowflakes.new)
    channel: Channel
    author: User
    draft: Draft  # the current content
    ephemeral_for: str | None = None  # the only user who sees it; None: everyone in the channel
    versions: list[Json] = field(default_factory=list)  # in Discord's JSON, oldest first
    removed: bool = False
    late_edits: int = 0

    @property
    def shown(self) -> Json:
        """The newest version in Discord's JSON."""
        return self.versions[-1]

    def seen_by(self, user_id: str) -> bool:
        """Tell whether a user who is in the channel sees it."""
        return self.ephemeral_for in (None, user_id)

    @property
    def loading(self) -> bool:
        """Whether it is a deferred response without content."""
        return MessageFlag.LOADING in self.draft.flags


@dataclass(frozen=True)
class MessageEvent(Event):
    """A change of a message."""

    message: Message


class MessagePosted(MessageEvent):
    """A new message."""


class MessageEdited(MessageEvent):
    """A message has a new version."""


class MessageRemoved(MessageEvent):
    """A message was deleted."""


class Messages:
    """Stores messages and publishes their changes."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._all: dict[str, Message] = {}
        self._nonces: dict[tuple[str, str, str], tuple[float, Message]] = {}
        self.files: dict[str, File] = {}  # by id; they outlive their messages

    def post(
        self,
        channel: Channel,
        author: User,
        draft: Draft,
        *,
        kind: MessageType = MessageType.DEFAULT,
        ephemeral_for: str | None = None,
        reply_to: Message | None = None,
        more: Json | None = None,
    ) -> Message:
        """Post a message, which reopens an archived thread; *more* adds fields to its JSON."""
        self._check_unlocked(channel, author)
        if channel.archived:
            self._world.change_channel(channel, archived=False)
        message = Message(channel=channel, author=author, draft=draft, ephemeral_for=ephemeral_for)
        shown: Json = {
            "id": message.id,
            "type": int(kind),
            "channel_id": channel.id,
            "author": serializers.user(author),
            "timestamp": _now(),
            "edited_timestamp": None,
            "tts": draft.tts,
            "mention_everyone": False,
            "pinned": False,
            **(more or {}),
        }
        if reply_to is not None:
            shown |= _reply(reply_to)
        message.versions.append(shown | self._said(draft))
        self._all[message.id] = message
        if ephemeral_for is None:
            channel.last_message_id = message.id
        if nonce := shown.get("nonce"):
            self._nonces[channel.id, author.id, nonce] = time.monotonic(), message
        self.files |= {file.id: file for file in draft.files}
        self._world.publish(MessagePosted(message))
        return message

    def edit(self, message: Message, draft: Draft) -> None:
        """Replace the content of a message."""
        self._check_active(message.channel)
        self._check_unlocked(message.channel, message.author)
        self._count_late_edit(message)
        filled = message.loading
        message.draft = replace(draft, flags=draft.flags & ~MessageFlag.LOADING)
        stamp = {} if filled else {"edited_timestamp": _now()}
        message.versions.append(message.shown | self._said(message.draft) | stamp)
        self.files |= {file.id: file for file in draft.files}
        self._world.publish(MessageEdited(message))

    def remove(self, message: Message) -> None:
        """Delete a message; its files stay available, as on Discord for a while."""
        self._check_active(message.channel)
        message.removed = True
        del self._all[message.id]
        self._world.publish(MessageRemoved(message))

    def find(self, channel: Channel, message_id: str, *, viewer: str) -> Message:
        """Return the message if the user with the id *viewer* sees it; raise ApiError otherwise."""
        message = self._all.get(message_id)
        if message is None or message.channel is not channel or not message.seen_by(viewer):
            raise ErrorCode.UNKNOWN_MESSAGE.error()
        return message

    def of(self, channel: Channel, *, viewer: str) -> list[Message]:
        """Return the messages that the user with the id *viewer* sees, oldest first."""
        return [
            message
            for message in self._all.values()
            if message.channel is channel and message.seen_by(viewer)
        ]

    def repeated(self, channel: Channel, author: User, nonce: str) -> Message | None:
        """Return the message that *author* sent with that nonce within `nonce_window`."""
        sent = self._nonces.get((channel.id, author.id, nonce))
        if sent is None or time.monotonic() - sent[0] > self._world.nonce_window:
            return None
        return sent[1]

    def _check_active(self, channel: Channel) -> None:
        if channel.id not in self._world.channels:
            raise ErrorCode.UNKNOWN_CHANNEL.error()
        if channel.archived:
            raise ErrorCode.THREAD_ARCHIVED.error()

    def _check_unlocked(self, thread: Channel, author: User) -> None:
        """Raise ApiError if only moderators may write and edit in a thread."""
        granted = self._world.member_permissions(author.id, thread)
        if thread.locked and Permission.MANAGE_THREADS not in granted:
            archived = thread.archived
            raise (ErrorCode.THREAD_ARCHIVED if archived else ErrorCode.THREAD_LOCKED).error()

    def _said(self, draft: Draft) -> Json:
        known = self._world.users
        hidden = MessageFlag.EPHEMERAL in draft.flags
        return {
            "content": draft.content,
            "flags": int(draft.flags),
            "embeds": [],
            "components": draft.components,
            "attachments": [file.shown(ephemeral=hidden) for file in draft.files],
            "mention_roles": draft.mentioned_roles,
            "mentions": [
                serializers.user(known[user]) for user in draft.mentioned if user in known
            ],
        }

    def _count_late_edit(self, message: Message) -> None:
        if snowflakes.age(message.id) < self._world.old_after:
            return
        if message.late_edits >= self._world.old_edits:
            raise too_many_old_edits(retry_after=30.0)
        message.late_edits += 1


def to_bot(world: World, message: Message, *, content: bool) -> Json:
    """Return a message as the bot gets it; *content*: it has the intent for all contents.

    https://discord.com/developers/docs/events/gateway#message-content-intent
    """
    bot = world.bot
    concerned = message.author is bot or bot.id in message.draft.mentioned
    if content or concerned or message.channel.guild_id is None:
        return message.shown
    return message.shown | {"content": "", "embeds": [], "attachments": [], "components": []}


def _now() -> str:
    return time_of_day.today().isoformat(timespec="milliseconds")


def _reply(message: Message) -> Json:
    reference = {"type": 0, "channel_id": message.channel.id, "message_id": message.id}
    if message.channel.guild_id:
        reference["guild_id"] = message.channel.guild_id
    bare = {k: v for k, v in message.shown.items() if k != "referenced_message"}
    return {"message_reference": reference, "referenced_message": bare}

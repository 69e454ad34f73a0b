"""REST: messages of channels, and direct channels."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from aiohttp import web

from sandbox.discord import serializers
from sandbox.discord.api_errors import ApiError, ErrorCode, Json
from sandbox.discord.drafts import ON_CREATE, ON_EDIT, Draft, Target, write
from sandbox.discord.enums import ChannelType, MessageType, Permission
from sandbox.discord.messages import Message, Messages, to_bot
from sandbox.discord.models import Channel
from sandbox.discord.rest import Call, Table, routes
from sandbox.discord.validation import Form, validate
from sandbox.discord.world import World

SNOWFLAKE: Json = {"type": "string", "format": "snowflake"}
HISTORY: Json = {
    "type": "object",
    "properties": {
        "limit": {"type": "integer", "minimum": 1, "maximum": 100},
        **dict.fromkeys(("before", "after", "around"), SNOWFLAKE),
    },
}
HISTORY_LIMIT = 50
WITHOUT_MESSAGES = {ChannelType.CATEGORY, ChannelType.FORUM, ChannelType.MEDIA}


class Channels:
    """The routes below /channels and /users/@me/channels."""

    def __init__(self, world: World, messages: Messages) -> None:
        self._world = world
        self._messages = messages

    def routes(self) -> list[web.RouteDef]:
        """List the routes."""
        channel, message = "/channels/{channel}", "/channels/{channel}/messages/{message}"
        table: Table = {
            "POST /users/@me/channels": self._open_direct,
            f"GET {channel}": self._in_channel(self._get),
            f"POST {channel}/typing": self._in_channel(lambda *_: None, Permission.SEND_MESSAGES),
            f"GET {channel}/messages": self._in_channel(self._history),
            f"POST {channel}/messages": self._in_channel(self._send, Permission.SEND_MESSAGES),
            f"GET {message}": self._in_channel(self._get_message, Permission.READ_MESSAGE_HISTORY),
            f"PATCH {message}": self._in_channel(self._edit),
            f"DELETE {message}": self._in_channel(self._remove),
        }
        return routes(table, self._world)

    def _open_direct(self, call: Call) -> Json:
        asked = validate("CreatePrivateChannelRequest", call.body.payload)
        recipient = self._world.users.get(asked["recipient_id"])
        if recipient is None:
            raise ErrorCode.UNKNOWN_USER.error()
        if recipient.bot:
            raise ErrorCode.CLOSED_TO_MESSAGES.error()
        return serializers.channel(self._world, self._world.direct(recipient.id))

    def _in_channel(
        self, handle: Callable[[Call, Channel], Any], needed: Permission = Permission.NONE
    ) -> Callable[[Call], Any]:
        """Return a handler that gets a channel that the bot sees, with the *needed* permissions."""

        def handler(call: Call) -> Any:
            channel = self._world.channels.get(call.path["channel"])
            if channel is None:
                raise ErrorCode.UNKNOWN_CHANNEL.error()
            granted = self._world.bot_permissions(channel)
            if Permission.VIEW_CHANNEL not in granted:
                raise ErrorCode.MISSING_ACCESS.error()
            sends = needed is Permission.SEND_MESSAGES
            if (self._world.to_send(channel) if sends else needed) & ~granted:
                raise ErrorCode.MISSING_PERMISSIONS.error()
            return handle(call, channel)

        return handler

    def _get(self, _: Call, channel: Channel) -> Json:
        return serializers.channel(self._world, channel)

    def _history(self, call: Call, channel: Channel) -> list[Json]:
        limits = {key: int(value) for key, value in call.query.items() if value.isdigit()}
        asked = validate(HISTORY, {**call.query, **limits})
        if Permission.READ_MESSAGE_HISTORY not in self._world.bot_permissions(channel):
            return []
        return [self._shown(message) for message in self._page(channel, asked)]

    def _send(self, call: Call, channel: Channel) -> Json:
        world, body = self._world, call.body
        if channel.type in WITHOUT_MESSAGES:
            raise ErrorCode.NO_TEXT_CHANNEL.error()
        if channel.recipient_id in world.closed_to_bot:
            raise ErrorCode.CLOSED_TO_MESSAGES.error()
        if body.files and Permission.ATTACH_FILES not in world.bot_permissions(channel):
            raise ErrorCode.MISSING_PERMISSIONS.error()
        sent = validate("MessageCreateRequest", body.payload)
        nonce = sent.get("nonce")
        if nonce and sent.get("enforce_nonce"):
            before = self._messages.repeated(channel, world.bot, nonce)
            if before is not None:
                return before.shown
        draft = write(body.payload, body, Target(world, channel, ON_CREATE))
        kind, reply_to = MessageType.DEFAULT, self._reply_to(channel, sent.get("message_reference"))
        if reply_to is not None:
            kind = MessageType.REPLY
            draft = _mentioning(reply_to, draft, sent.get("allowed_mentions"))
        more = {"nonce": nonce} if nonce else None
        message = self._messages.post(
            channel, world.bot, draft, kind=kind, reply_to=reply_to, more=more
        )
        return message.shown

    def _get_message(self, call: Call, channel: Channel) -> Json:
        return self._shown(self._message(call, channel))

    def _edit(self, call: Call, channel: Channel) -> Json:
        message = self._message(call, channel)
        if message.author is not self._world.bot:
            raise ErrorCode.NOT_THE_AUTHOR.error()
        granted = self._world.bot_permissions(channel)
        if call.body.files and Permission.ATTACH_FILES not in granted:
            raise ErrorCode.MISSING_PERMISSIONS.error()
        target = Target(self._world, channel, ON_EDIT)
        self._messages.edit(message, write(call.body.payload, call.body, target, message.draft))
        return message.shown

    def _remove(self, call: Call, channel: Channel) -> None:
        message = self._message(call, channel)
        if message.author is not self._world.bot:
            if channel.guild_id is None:
                raise ErrorCode.NOT_IN_DIRECT.error()
            if Permission.MANAGE_MESSAGES not in self._world.bot_permissions(channel):
                raise ErrorCode.MISSING_PERMISSIONS.error()
        self._messages.remove(message)

    def _message(self, call: Call, channel: Channel) -> Message:
        return self._messages.find(channel, call.path["message"], viewer=self._world.bot.id)

    def _shown(self, message: Message) -> Json:
        return to_bot(self._world, message, content=self._world.privileged_intents)

    def _page(self, channel: Channel, asked: Json) -> list[Message]:
        seen = self._messages.of(channel, viewer=self._world.bot.id)
        limit = int(asked.get("limit", HISTORY_LIMIT))
        ids = [int(message.id) for message in seen]
        low, high = max(len(seen) - limit, 0), len(seen)
        if "around" in asked:
            middle = bisect_left(ids, int(asked["around"]))
            low = max(middle - limit // 2, 0)
            high = low + limit
        elif "before" in asked:
            high = bisect_left(ids, int(asked["before"]))
            low = max(high - limit, 0)
        elif "after" in asked:
            low = bisect_right(ids, int(asked["after"]))
            high = low + limit
        return seen[low:high][::-1]

    def _reply_to(self, channel: Channel, reference: Json | None) -> Message | None:
        if reference is None:
            return None
        if Permission.READ_MESSAGE_HISTORY not in self._world.bot_permissions(channel):
            raise ErrorCode.NO_HISTORY_TO_REPLY_TO.error()
        try:
            return self._messages.find(channel, reference["message_id"], viewer=self._world.bot.id)
        except ApiError:
            if reference.get("fail_if_not_exists") is False:
                return None
        with Form() as form:
            form.refuse(("message_reference",), "MESSAGE_REFERENCE_UNKNOWN_MESSAGE")
        return None


def _mentioning(reply_to: Message, draft: Draft, allowed: Json | None) -> Draft:
    """Return the draft of a reply, which mentions the replied-to author by default."""
    author = reply_to.author.id
    wanted = allowed is None or allowed.get("replied_user")
    if not wanted or author in draft.mentioned:
        return draft
    return replace(draft, mentioned=[*draft.mentioned, author])

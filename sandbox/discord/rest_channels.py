"""REST: messages of channels, and direct channels."""

from bisect import bisect_left, bisect_right
from dataclasses import replace

from aiohttp import web

from sandbox.discord import serializers
from sandbox.discord.api_errors import ApiError, ErrorCode, Json
from sandbox.discord.bodies import Body
from sandbox.discord.drafts import ON_CREATE, ON_EDIT, Draft, Target, write
from sandbox.discord.enums import MessageType, Permission
from sandbox.discord.messages import Message, Messages, to_bot
from sandbox.discord.models import Channel
from sandbox.discord.rest import answer, as_bot, body_of
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


class Channels:
    """The routes below /channels and /users/@me/channels."""

    def __init__(self, world: World, messages: Messages) -> None:
        self._world = world
        self._messages = messages

    def routes(self) -> list[web.RouteDef]:
        """List the routes."""
        return [
            web.post("/users/@me/channels", self.open_direct),
            web.get("/channels/{channel}", self.get),
            web.post("/channels/{channel}/typing", self.type),
            web.get("/channels/{channel}/messages", self.history),
            web.post("/channels/{channel}/messages", self.send),
            web.get("/channels/{channel}/messages/{message}", self.get_message),
            web.patch("/channels/{channel}/messages/{message}", self.edit),
            web.delete("/channels/{channel}/messages/{message}", self.remove),
        ]

    async def open_direct(self, request: web.Request) -> web.Response:
        """POST /users/@me/channels."""
        as_bot(self._world, request)
        asked = validate("CreatePrivateChannelRequest", (await body_of(request)).payload)
        recipient = self._world.users.get(asked["recipient_id"])
        if recipient is None:
            raise ErrorCode.UNKNOWN_USER.error()
        if recipient.bot:
            raise ErrorCode.CLOSED_TO_MESSAGES.error()
        return answer(serializers.channel(self._world, self._world.direct(recipient.id)))

    async def get(self, request: web.Request) -> web.Response:
        """GET /channels/{channel}."""
        return answer(serializers.channel(self._world, self._channel(request)))

    async def type(self, request: web.Request) -> web.Response:
        """POST /channels/{channel}/typing."""
        self._channel(request, Permission.SEND_MESSAGES)
        return answer()

    async def history(self, request: web.Request) -> web.Response:
        """GET /channels/{channel}/messages; newest first."""
        channel = self._channel(request)
        limits = {key: int(value) for key, value in request.query.items() if value.isdigit()}
        asked = validate(HISTORY, {**request.query, **limits})
        if Permission.READ_MESSAGE_HISTORY not in self._world.bot_permissions(channel):
            return answer([])
        return answer([self._shown(message) for message in self._page(channel, asked)])

    async def send(self, request: web.Request) -> web.Response:
        """POST /channels/{channel}/messages."""
        channel = self._channel(request, Permission.SEND_MESSAGES)
        if channel.recipient_id in self._world.closed_to_bot:
            raise ErrorCode.CLOSED_TO_MESSAGES.error()
        body = await body_of(request)
        if body.files and Permission.ATTACH_FILES not in self._world.bot_permissions(channel):
            raise ErrorCode.MISSING_PERMISSIONS.error()
        sent = validate("MessageCreateRequest", body.payload)
        nonce = sent.get("nonce")
        if nonce and sent.get("enforce_nonce"):
            before = self._messages.repeated(channel, self._world.bot, nonce)
            if before is not None:
                return answer(before.shown)
        return answer(self._post(channel, body, sent, nonce).shown)

    async def get_message(self, request: web.Request) -> web.Response:
        """GET /channels/{channel}/messages/{message}."""
        channel = self._channel(request, Permission.READ_MESSAGE_HISTORY)
        return answer(self._shown(self._message(request, channel)))

    async def edit(self, request: web.Request) -> web.Response:
        """PATCH /channels/{channel}/messages/{message}."""
        channel = self._channel(request)
        body = await body_of(request)
        message = self._message(request, channel)
        if message.author is not self._world.bot:
            raise ErrorCode.NOT_THE_AUTHOR.error()
        target = Target(self._world, channel, ON_EDIT)
        self._messages.edit(message, write(body.payload, body, target, message.draft))
        return answer(message.shown)

    async def remove(self, request: web.Request) -> web.Response:
        """DELETE /channels/{channel}/messages/{message}."""
        channel = self._channel(request)
        message = self._message(request, channel)
        granted = self._world.bot_permissions(channel)
        if message.author is not self._world.bot:
            if channel.guild_id is None:
                raise ErrorCode.NOT_IN_DIRECT.error()
            if Permission.MANAGE_MESSAGES not in granted:
                raise ErrorCode.MISSING_PERMISSIONS.error()
        self._messages.remove(message)
        return answer()

    def _channel(self, request: web.Request, needed: Permission = Permission.NONE) -> Channel:
        as_bot(self._world, request)
        channel = self._world.channels.get(request.match_info["channel"])
        if channel is None:
            raise ErrorCode.UNKNOWN_CHANNEL.error()
        granted = self._world.bot_permissions(channel)
        if Permission.VIEW_CHANNEL not in granted:
            raise ErrorCode.MISSING_ACCESS.error()
        if needed & ~granted:
            raise ErrorCode.MISSING_PERMISSIONS.error()
        return channel

    def _message(self, request: web.Request, channel: Channel) -> Message:
        viewer = self._world.bot.id
        return self._messages.find(channel, request.match_info["message"], viewer=viewer)

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

    def _post(self, channel: Channel, body: Body, sent: Json, nonce: str | None) -> Message:
        draft = write(body.payload, body, Target(self._world, channel, ON_CREATE))
        reply_to = self._reply_to(channel, sent.get("message_reference"))
        if reply_to is not None:
            draft = _mentioning(reply_to, draft, body.payload.get("allowed_mentions"))
        message = self._messages.post(
            channel,
            self._world.bot,
            draft,
            kind=MessageType.REPLY if reply_to else MessageType.DEFAULT,
            reply_to=reply_to,
            more={"nonce": nonce} if nonce else None,
        )
        if nonce:
            self._messages.remember(nonce, message)
        return message

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
        form = Form()
        form.refuse(("message_reference",), "MESSAGE_REFERENCE_UNKNOWN_MESSAGE", "Unknown message")
        form.close()
        return None


def _mentioning(reply_to: Message, draft: Draft, allowed: Json | None) -> Draft:
    """Return the draft of a reply, which mentions the replied-to author by default."""
    author = reply_to.author.id
    wanted = allowed is None or allowed.get("replied_user")
    if not wanted or author in draft.mentioned:
        return draft
    return replace(draft, mentioned=[*draft.mentioned, author])

"""The WebSocket of the chat page: sends the state that one user sees, and performs actions.

Frames are JSON objects with a `type`. The page adds a `nonce` to its actions, and
the replies carry it back.
"""

import asyncio
import json
from typing import Any

from aiohttp import web

from sandbox.discord.api_errors import Json
from sandbox.discord.backend import Backend
from sandbox.discord.client import ActionUnavailable, Client
from sandbox.discord.commands import localized
from sandbox.discord.connections import Outbound, exchange
from sandbox.discord.enums import CallbackType, InteractionType, Permission
from sandbox.discord.events import (
    BotMembershipChanged,
    BotOnline,
    Change,
    ChannelChanged,
    CommandsChanged,
    Event,
    GuildChanged,
    InstallationChanged,
    RoleChanged,
)
from sandbox.discord.interactions import Interaction, InteractionAnswered
from sandbox.discord.messages import Message, MessageEdited, MessagePosted, MessageRemoved
from sandbox.discord.models import Channel, Guild, User
from sandbox.discord.read_state import ChannelRead
from sandbox.discord.serializers import fields

SHOWN_MESSAGES = 50  # of each channel, when the page opens
NO_ANSWER = "The application did not respond"


class Page:
    """Serves the WebSockets of all open pages."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._open: set[web.WebSocketResponse] = set()

    async def close(self) -> None:
        """Close all sockets."""
        for socket in tuple(self._open):
            await socket.close()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Serve one page's socket."""
        world = self._backend.world
        people = {user.id: user for user in world.users.values() if not user.bot}
        user = people.get(request.query.get("user") or next(iter(people)))
        if user is None:
            raise web.HTTPNotFound
        own = world.origin
        if request.headers.get("Origin", own) not in (own, own.replace("127.0.0.1", "localhost")):
            raise web.HTTPForbidden  # a page of another site must not act here
        socket = web.WebSocketResponse(heartbeat=20.0, timeout=1.0)
        await socket.prepare(request)
        session = PageSession(self._backend, user)
        self._open.add(socket)
        world.listeners.append(session.on_event)
        try:
            await exchange(socket, session.outbound, lambda raw: session.receive(json.loads(raw)))
        finally:
            world.listeners.remove(session.on_event)
            self._open.discard(socket)
        return socket


class PageSession:
    """The connection of one open page, for one user."""

    def __init__(self, backend: Backend, user: User) -> None:
        self._backend = backend
        self._user = user
        self._nonces: dict[Interaction, Any] = {}  # of this page's actions
        self.outbound: Outbound = asyncio.Queue()
        self._send(self._world())

    def _send(self, frame: Json) -> None:
        self.outbound.put_nowait(frame)

    # Received frames

    def receive(self, frame: Json) -> None:
        """Perform the action of a frame."""
        nonce = frame.get("nonce")
        try:
            interaction = self._act(frame)
        except ActionUnavailable as error:
            self._send({"type": "error", "nonce": nonce, "text": str(error)})
        except (KeyError, TypeError, ValueError) as error:
            self._send({"type": "error", "nonce": nonce, "text": f"Not understood: {error!r}"})
        else:
            if interaction is not None:
                self._nonces[interaction] = nonce
                if interaction.lapsed:
                    self.on_event(InteractionAnswered(interaction))

    def _act(self, frame: Json) -> Interaction | None:
        world, kind = self._backend.world, frame["type"]
        if kind == "install":
            world.install(self._user, present=bool(frame["present"]))
            return None
        if kind == "modal_submit":
            channel = self._backend.interactions.get(frame["interaction_id"]).channel
        else:
            channel = world.channels[frame["channel_id"]]
        client = Client(self._user, channel, self._backend)
        match kind:
            case "modal_submit":
                return client.submit(frame["interaction_id"], frame["components"])
            case "command" | "message_command" | "user_command":
                options, target_id = frame.get("options"), frame.get("target_id")
                return client.use(frame["command_id"], options=options, target_id=target_id)
            case "autocomplete":
                typing, options = InteractionType.AUTOCOMPLETE, frame["options"]
                return client.use(frame["command_id"], options=options, kind=typing)
            case "component":
                values = frame.get("values")
                return client.component(frame["message_id"], frame["custom_id"], values)
            case "say":
                client.post(frame["content"])
            case "delete":
                client.remove(frame["message_id"])
            case "read":
                self._backend.read_state.read(self._user, channel)
            case other:
                raise ActionUnavailable(f"Unknown: {other}")
        return None

    # Sent frames

    def on_event(self, event: Event) -> None:
        """Forward an event that the user sees."""
        match event:
            case MessagePosted(message) if self._sees(message):
                self._send({"type": "message", "message": _shown(message)})
            case MessageEdited(message) if self._sees(message):
                self._send({"type": "message_update", "message": _shown(message)})
            case MessageRemoved(message) if self._sees(message):
                where = {"channel_id": message.channel.id, "id": message.id}
                self._send({"type": "message_delete", **where})
            case InteractionAnswered(interaction) if interaction in self._nonces:
                self._send(_answer(interaction, self._nonces.pop(interaction)))
            case BotOnline(online):
                self._send({"type": "bot", "online": online})
            case ChannelRead(user, channel) if user is self._user:
                self._send({"type": "read", "channel_id": channel.id})
            case CommandsChanged() | BotMembershipChanged() | RoleChanged() | GuildChanged():
                self._send(self._world())
            case ChannelChanged(change=Change.CREATE | Change.DELETE):
                self._send(self._world())
            case InstallationChanged(user) if user is self._user:
                self._send(self._world())

    def _sees(self, message: Message) -> bool:
        return self._enters(message.channel) and message.seen_by(self._user.id)

    def _enters(self, channel: Channel) -> bool:
        return self._backend.world.enters(self._user.id, channel)

    def _world(self) -> Json:
        world = self._backend.world
        guilds = [guild for guild in world.guilds.values() if self._user.id in guild.members]
        channels = [channel for channel in world.channels.values() if self._enters(channel)]
        people = [user for user in world.users.values() if not user.bot]
        return {
            "type": "world",
            "you": self._user.id,
            "installed": self._user.id in world.installed_by,
            "private": [
                {"id": channel.id, "with": person}
                for channel in channels
                for person in channel.people
                if person != self._user.id
            ],
            "unread": self._backend.read_state.unread(self._user),
            "users": [_person(user, guilds) for user in people],
            "bot": fields(world.bot, "id", "username") | {"online": self._backend.bot_online},
            "guilds": [_guild(guild) for guild in guilds],
            "direct": {"id": world.direct(self._user.id).id},
            "commands": [
                localized(command, self._user.locale)
                for command in self._backend.commands.by_id.values()
            ],
            "messages": {
                channel.id: [
                    _shown(message)
                    for message in self._backend.messages.of(channel, viewer=self._user.id)
                ][-SHOWN_MESSAGES:]
                for channel in channels
            },
        }


def _shown(message: Message) -> Json:
    return message.shown | {"ephemeral_for": message.ephemeral_for}


def _answer(interaction: Interaction, nonce: Any) -> Json:
    answer: Json
    match interaction.callback:
        case None:
            answer = {"type": "failed", "text": NO_ANSWER}
        case CallbackType.MODAL:
            answer = {"type": "modal", "interaction_id": interaction.id, "modal": interaction.modal}
        case CallbackType.CHOICES:
            answer = {"type": "choices", "choices": interaction.offered}
        case _:
            answer = {"type": "acknowledged"}
    return answer | {"nonce": nonce}


def _person(user: User, guilds: list[Guild]) -> Json:
    granted = {guild.id: guild.permissions(user.id) for guild in guilds}
    rights = {
        name: {guild_id: needed in its for guild_id, its in granted.items()}
        for name, needed in (
            ("moderator", Permission.MANAGE_GUILD),
            ("administrator", Permission.ADMINISTRATOR),
        )
    }
    shown = fields(user, "id", "username", "global_name", "color", "locale")
    return shown | rights


def _guild(guild: Guild) -> Json:
    roles = (role for role in guild.roles.values() if role.id != guild.id)
    channels = guild.channels.values()
    return fields(guild, "id", "name", "has_bot") | {
        "roles": [fields(role, "id", "name") for role in roles],
        "channels": [fields(channel, "id", "name", "topic", "nsfw") for channel in channels],
        "members": list(guild.members),
    }

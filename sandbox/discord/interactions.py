"""Interactions: uses of the bot's commands, buttons and modals, with their tokens and deadlines."""

import asyncio
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sandbox.discord import serializers, snowflakes
from sandbox.discord.api_errors import ErrorCode, Json
from sandbox.discord.commands import localized
from sandbox.discord.enums import CallbackType, Installation, InteractionType
from sandbox.discord.events import Event
from sandbox.discord.messages import Message
from sandbox.discord.models import Channel, Guild, User
from sandbox.discord.world import World

# By kind of installation: the guild's id ("0" in direct messages), or the user's id
Owners = dict[str, str]
UPDATES = {CallbackType.DEFERRED_UPDATE, CallbackType.UPDATE}


@dataclass(eq=False, kw_only=True)
class Interaction:
    """One interaction, and the bot's responses to it."""

    type: InteractionType
    user: User
    channel: Channel
    guild: Guild | None
    data: Json  # the `data` of INTERACTION_CREATE
    owners: Owners  # the installations that authorize it
    command: Json | None = None  # the command that was used, or that began the chain
    source: Message | None = None  # the message whose component was used
    opened_by: "Interaction | None" = None  # the interaction that opened the submitted modal
    change: Callable[[Json], Any] = lambda payload: payload  # of what the gateway sends
    id: str = field(default_factory=snowflakes.new)
    token: str = field(default_factory=lambda: secrets.token_urlsafe(120))
    created: float = field(default_factory=time.monotonic)
    deadline: asyncio.TimerHandle = field(init=False)  # for the first response
    callback: CallbackType | None = None  # None: no response yet
    lapsed: bool = False  # the time for the first response has passed
    message: Message | None = None  # the message that a response posted
    follow_ups: list[Message] = field(default_factory=list)
    modal: Json | None = None
    choices: list[Json] | None = None

    @property
    def original(self) -> Message | None:
        """`@original`: the response, or the message that it edited."""
        return self.source if self.callback in UPDATES else self.message

    @property
    def only_for_user(self) -> bool:
        """Whether the bot is installed in the user's account only."""
        return set(self.owners) == {str(int(Installation.USER))}

    @property
    def offered(self) -> list[Json]:
        """The autocomplete choices in the member's language."""
        return [localized(choice, self.user.locale) for choice in self.choices or ()]


@dataclass(frozen=True)
class InteractionCreated(Event):
    """A new interaction, to dispatch to the bot."""

    interaction: Interaction


@dataclass(frozen=True)
class InteractionAnswered(Event):
    """An interaction has its first response, or its time has passed."""

    interaction: Interaction


class Interactions:
    """All interactions, by id and by token."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._by_id: dict[str, Interaction] = {}
        self._by_token: dict[str, Interaction] = {}

    def close(self) -> None:
        """Cancel all deadlines."""
        for interaction in self._by_id.values():
            interaction.deadline.cancel()

    def begin(
        self,
        kind: InteractionType,
        user: User,
        channel: Channel,
        data: Json,
        owners: Owners | None = None,  # None: the guild, or the bot's direct channel
        **more: Any,
    ) -> Interaction:
        """Create an interaction, and start the deadline for the bot's first response.

        *more* are further fields of Interaction.
        """
        guild = self._world.guild_of(channel)
        more["owners"] = owners or {"0": guild.id if guild else "0"}
        interaction = Interaction(
            type=kind, user=user, channel=channel, guild=guild, data=data, **more
        )
        self._by_id[interaction.id] = self._by_token[interaction.token] = interaction
        loop = asyncio.get_running_loop()
        interaction.deadline = loop.call_later(self._world.ack_window, self.lapse, interaction)
        self._world.publish(InteractionCreated(interaction))
        return interaction

    def get(self, interaction_id: str) -> Interaction:
        """Return an interaction by its id."""
        return self._by_id[interaction_id]

    def newest(self) -> Interaction | None:
        """Return the newest interaction."""
        return next(reversed(self._by_id.values()), None)

    def lapse(self, interaction: Interaction) -> None:
        """End the wait for the first response; a later one is rejected."""
        interaction.deadline.cancel()
        interaction.lapsed = True
        self._world.publish(InteractionAnswered(interaction))

    def waiting(self, interaction_id: str, token: str) -> Interaction:
        """Return an interaction without response; raise ApiError for any other."""
        interaction = self._by_id.get(interaction_id)
        if interaction is None or interaction.token != token:
            raise ErrorCode.UNKNOWN_INTERACTION.error()
        if interaction.callback is not None:
            raise ErrorCode.ALREADY_ACKNOWLEDGED.error()
        if interaction.lapsed:
            raise ErrorCode.UNKNOWN_INTERACTION.error()
        return interaction

    def answered(self, interaction: Interaction, callback: CallbackType) -> None:
        """Record the first response."""
        interaction.callback = callback
        interaction.deadline.cancel()
        self._world.publish(InteractionAnswered(interaction))

    def alive(self, application_id: str, token: str) -> Interaction:
        """Return the interaction of a valid token; raise ApiError for an invalid one."""
        if application_id != self._world.application_id:
            raise ErrorCode.UNKNOWN_WEBHOOK.error()
        interaction = self._by_token.get(token)
        oldest = time.monotonic() - self._world.token_life
        if interaction is None or interaction.created < oldest:
            raise ErrorCode.INVALID_WEBHOOK_TOKEN.error()
        if interaction.callback is None:
            raise ErrorCode.UNKNOWN_WEBHOOK.error()
        return interaction


def created(world: World, interaction: Interaction) -> Any:
    """Return the payload of the gateway's INTERACTION_CREATE, changed as the interaction says."""
    guild, user, channel = interaction.guild, interaction.user, interaction.channel
    permissions = world.member_permissions(user.id, channel)
    shown: Json = {
        "id": interaction.id,
        "application_id": world.application_id,
        "type": int(interaction.type),
        "token": interaction.token,
        "version": 1,
        "data": interaction.data,
        "channel_id": channel.id,
        "channel": serializers.partial_channel(world, channel, permissions),
        "locale": user.locale,
        "app_permissions": str(int(world.app_permissions(channel))),
        "attachment_size_limit": world.attachment_size_limit,
        "entitlements": [],
        "authorizing_integration_owners": interaction.owners,
        "context": int(world.context(channel)),
    }
    if guild is None:
        shown["user"] = serializers.user(user)
    else:
        granted = str(int(permissions))
        shown |= {
            "guild_id": guild.id,
            "guild": {"id": guild.id, "locale": guild.locale, "features": [*guild.features]},
            "guild_locale": guild.locale,
            "member": serializers.member(guild, user) | {"permissions": granted},
        }
    if interaction.source is not None:
        shown["message"] = interaction.source.shown
    return interaction.change(shown)

"""A member's Discord client; the chat page and the tests' Member act through it.

It rejects what Discord's servers reject, whatever a modified client sends.
"""

from typing import Any

from sandbox.discord import serializers
from sandbox.discord.api_errors import ApiError, Json
from sandbox.discord.backend import Backend
from sandbox.discord.components import walk
from sandbox.discord.drafts import Draft, mentions_in
from sandbox.discord.enums import (
    CommandType,
    ComponentType,
    Context,
    Installation,
    InteractionType,
    OptionType,
    Permission,
)
from sandbox.discord.interactions import Interaction, Owners
from sandbox.discord.messages import Message
from sandbox.discord.models import Channel, User
from sandbox.discord.world import World

# What a value names, by the name of the option's or select's type
RESOLVED = {
    "USER": ("users",),
    "ROLE": ("roles",),
    "MENTIONABLE": ("roles", "users"),
    "CHANNEL": ("channels",),
}


class ActionUnavailable(Exception):
    """The action is not possible; the message is for the member."""


class Client:
    """The actions of one user in one channel."""

    def __init__(self, user: User, channel: Channel, backend: Backend) -> None:
        self.user = user
        self.channel = channel
        self._backend = backend
        self._world = backend.world

    def use(
        self,
        command_id: str,
        *,
        options: list[Json] | None = None,
        target_id: str | None = None,
        kind: InteractionType = InteractionType.COMMAND,
    ) -> Interaction:
        """Use a command, or request autocomplete choices."""
        self._enter()
        command = self.usable().get(command_id)
        if command is None:
            raise ActionUnavailable("That command does not exist here")
        kept = {"id", "name", "type", "guild_id"}
        data: Json = {key: value for key, value in command.items() if key in kept}
        resolved = Resolved(self._world, self.channel)
        if command["type"] == CommandType.CHAT_INPUT:
            data["options"] = options or []
            resolved.options(data["options"])
        else:
            data["target_id"] = target_id
            if command["type"] == CommandType.USER:
                resolved.person(str(target_id))
            else:
                message = self._seen(str(target_id))
                resolved.shown["messages"] = {message.id: message.shown}
        return self._begin(kind, data, resolved, owners=self._owners(command), command=command)

    def usable(self) -> dict[str, Json]:
        """Return the commands that the user sees in the channel, by id."""
        world, usable = self._world, {}
        guild = world.guild_of(self.channel)
        for command in self._backend.commands.by_id.values():
            here = command.get("guild_id") in (None, self.channel.guild_id)
            if not here or command["type"] == CommandType.ENTRY_POINT:
                continue
            age_allowed = not command["nsfw"] or world.above(self.channel).nsfw or guild is None
            allowed = guild is None or self._admits(command)
            if allowed and age_allowed and self._fits(command) and self._owners(command):
                usable[command["id"]] = command
        return usable

    def component(
        self, message_id: str, custom_id: str, values: list[str] | None = None
    ) -> Interaction:
        """Press a button of a message, or choose in a select."""
        self._enter()
        message = self._seen(message_id)
        parts = [component for component, _ in walk(message.shown["components"], ())]
        used = next((part for part in parts if part.get("custom_id") == custom_id), None)
        if used is None or used.get("disabled"):
            raise ActionUnavailable("This component cannot be used")
        data = {"id": used["id"], "custom_id": custom_id, "component_type": used["type"]}
        resolved = Resolved(self._world, self.channel)
        if used["type"] != ComponentType.BUTTON:
            data["values"] = values or []
            resolved.chosen(used, data["values"])
        # The installations that authorized the message; None without an interaction
        metadata: Json = message.shown.get("interaction_metadata") or {}
        owners = metadata.get("authorizing_integration_owners")
        kind = InteractionType.COMPONENT
        return self._begin(kind, data, resolved, owners=owners, source=message)

    def submit(self, interaction_id: str, components: list[Json]) -> Interaction:
        """Submit the modal that the bot opened for an interaction of this user."""
        opened_by = self._backend.interactions.get(interaction_id)
        if opened_by.modal is None or opened_by.user is not self.user:
            raise ActionUnavailable("There is no such form")
        resolved = Resolved(self._world, self.channel)
        for component, _ in walk(components, ()):
            resolved.chosen(component, component.get("values") or [])
        return self._begin(
            InteractionType.MODAL_SUBMIT,
            {"custom_id": opened_by.modal["custom_id"], "components": components},
            resolved,
            owners=opened_by.owners,
            command=opened_by.command,
            source=opened_by.source,
            opened_by=opened_by,
        )

    def post(self, content: str) -> Message:
        """Send a message."""
        self._enter()
        if not content.strip():
            raise ActionUnavailable("Cannot send an empty message")
        draft = Draft(content=content.strip(), mentioned=mentions_in(content))
        return self._backend.messages.post(self.channel, self.user, draft)

    def remove(self, message_id: str) -> None:
        """Delete an own message, as a moderator any message, or dismiss an ephemeral one."""
        message = self._seen(message_id)
        own = message.author is self.user or message.ephemeral_for == self.user.id
        if not own and Permission.MANAGE_MESSAGES not in self._granted:
            raise ActionUnavailable("You cannot delete this message")
        self._backend.messages.remove(message)

    def _begin(
        self, kind: InteractionType, data: Json, resolved: "Resolved", **more: Any
    ) -> Interaction:
        if resolved.shown:
            data["resolved"] = resolved.shown
        interactions = self._backend.interactions
        interaction = interactions.begin(kind, self.user, self.channel, data, **more)
        if not (self._backend.gateway.reachable or self._backend.endpoint.is_set):
            interactions.lapse(interaction)
        return interaction

    def _enter(self) -> None:
        world, guild = self._world, self._world.guild_of(self.channel)
        if not world.enters(self.user.id, self.channel):
            raise ActionUnavailable("You are not in this channel")
        if guild is not None and guild.in_time_out(self.user.id):
            raise ActionUnavailable("You are in time-out")

    def _seen(self, message_id: str) -> Message:
        try:
            return self._backend.messages.find(self.channel, message_id, viewer=self.user.id)
        except ApiError:
            raise ActionUnavailable("That message is gone") from None

    @property
    def _granted(self) -> Permission:
        return self._world.member_permissions(self.user.id, self.channel)

    def _admits(self, command: Json) -> bool:
        """Tell whether the guild lets the user use a command; "0" admits administrators only."""
        default = command["default_member_permissions"]
        if default is None or command["name"] in self._world.open_to_all:
            return True
        if Permission.ADMINISTRATOR in self._granted:
            return True
        return default != "0" and Permission(int(default)) in self._granted

    def _fits(self, command: Json) -> bool:
        """Tell whether a command is available in the channel's context."""
        here = self._world.context(self.channel)
        if command["contexts"] is not None:
            return here in command["contexts"]
        return here is not Context.BOT_DIRECT or bool(command["dm_permission"])

    def _owners(self, command: Json) -> Owners:
        """Return the installations that offer a command here; empty: none."""
        channel, kinds = self.channel, command["integration_types"]
        guild = self._world.guild_of(channel)
        owners: Owners = {}
        if Installation.GUILD in kinds and not channel.people and (guild is None or guild.has_bot):
            owners[str(int(Installation.GUILD))] = guild.id if guild else "0"
        if Installation.USER in kinds and self.user.id in self._world.installed_by:
            owners[str(int(Installation.USER))] = self.user.id
        return owners


class Resolved:
    """Collects the `resolved` data: users, roles and channels that an interaction names."""

    def __init__(self, world: World, channel: Channel) -> None:
        self._world = world
        self._guild = world.guild_of(channel)
        self.shown: Json = {}

    def options(self, options: list[Json]) -> None:
        """Add the ids in a command's options."""
        for option in options:
            self.options(option.get("options") or [])
            self._add(str(option.get("value")), OptionType(option["type"]).name)

    def chosen(self, component: Json, values: list[str]) -> None:
        """Add the ids chosen in a select."""
        for value in values:
            kind = ComponentType(component["type"]).name
            self._add(value, kind.removesuffix("_SELECT"))

    def person(self, user_id: str) -> None:
        """Add a user, and its membership in this guild."""
        user = self._world.users.get(user_id)
        if user is None:
            raise ActionUnavailable("There is no such user")
        self._into("users", user.id, serializers.user(user))
        if self._guild and user.id in self._guild.members:
            granted = str(int(self._guild.permissions(user.id)))
            shown = serializers.membership(self._guild, user) | {"permissions": granted}
            self._into("members", user.id, shown)

    def _add(self, value: str, kind: str) -> None:
        kinds = RESOLVED.get(kind, ())
        roles = self._guild.roles if self._guild else {}
        channels = self._guild.channels if self._guild else {}
        if "roles" in kinds and value in roles:
            self._into("roles", value, serializers.role(roles[value]))
        elif "users" in kinds:
            self.person(value)
        elif "channels" in kinds and value in channels:
            shown = serializers.channel(self._world, channels[value])
            granted = str(int(self._world.bot_permissions(channels[value])))
            self._into("channels", value, shown | {"permissions": granted})
        elif kinds:
            raise ActionUnavailable("There is no such role or channel")

    def _into(self, kind: str, key: str, shown: Json) -> None:
        self.shown.setdefault(kind, {})[key] = shown

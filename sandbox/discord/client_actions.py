"""The actions of a member's Discord client; used by the chat page and by tests.

They reject what Discord's servers reject, whatever a modified client sends.
"""

from sandbox.discord import serializers
from sandbox.discord.api_errors import ApiError, Json
from sandbox.discord.commands import Commands
from sandbox.discord.components import walk
from sandbox.discord.drafts import Draft, mentions_in
from sandbox.discord.enums import (
    CommandType,
    ComponentType,
    InteractionType,
    OptionType,
    Permission,
)
from sandbox.discord.installs import context, fits, owners
from sandbox.discord.interactions import Interaction, Interactions
from sandbox.discord.messages import Message, Messages
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


class ClientActions:
    """Performs the actions of members."""

    def __init__(
        self, world: World, commands: Commands, messages: Messages, interactions: Interactions
    ) -> None:
        self._world = world
        self._commands = commands
        self._messages = messages
        self._interactions = interactions
        self.open_to_all: set[str] = set()  # commands that an administrator opened to everyone

    def command(
        self,
        user: User,
        channel: Channel,
        command_id: str,
        *,
        options: list[Json] | None = None,
        target_id: str | None = None,
        kind: InteractionType = InteractionType.COMMAND,
    ) -> Interaction:
        """Use a command, or request autocomplete choices."""
        self._enter(user, channel)
        command = self.usable(user, channel).get(command_id)
        if command is None:
            raise ActionUnavailable("That command does not exist here")
        kept = {"id", "name", "type", "guild_id"}
        data: Json = {key: value for key, value in command.items() if key in kept}
        resolved = Resolved(self._world, channel)
        if command["type"] == CommandType.CHAT_INPUT:
            data["options"] = options or []
            resolved.options(data["options"])
        else:
            data["target_id"] = target_id
            if command["type"] == CommandType.USER:
                resolved.person(str(target_id))
            else:
                message = self._seen(user, channel, str(target_id))
                resolved.shown["messages"] = {message.id: message.shown}
        authorizers = owners(self._world, command, user, channel)
        data |= resolved.data
        return self._interactions.begin(
            kind, user, channel, data, owners=authorizers, command=command
        )

    def usable(self, user: User, channel: Channel) -> dict[str, Json]:
        """Return the commands that *user* sees in *channel*, by id."""
        guild = self._world.guild_of(channel)
        here = context(self._world, channel)
        granted = self._world.member_permissions(user.id, channel)
        usable = {}
        for command in self._commands.offered(guild.id if guild else None):
            allowed = (
                guild is None
                or command["name"] in self.open_to_all
                or _admits(granted, command["default_member_permissions"])
            )
            installed = fits(command, here) and owners(self._world, command, user, channel)
            age_allowed = not command["nsfw"] or channel.nsfw or guild is None
            if allowed and installed and age_allowed:
                usable[command["id"]] = command
        return usable

    def component(
        self,
        user: User,
        channel: Channel,
        message_id: str,
        custom_id: str,
        values: list[str] | None = None,
    ) -> Interaction:
        """Press a button of a message, or choose in a select."""
        self._enter(user, channel)
        message = self._seen(user, channel, message_id)
        parts = [component for component, _ in walk(message.shown["components"], ())]
        used = next((part for part in parts if part.get("custom_id") == custom_id), None)
        if used is None or used.get("disabled"):
            raise ActionUnavailable("This component cannot be used")
        data = {"id": used["id"], "custom_id": custom_id, "component_type": used["type"]}
        if used["type"] != ComponentType.BUTTON:
            resolved = Resolved(self._world, channel)
            resolved.chosen(used, values or [])
            data |= {"values": values or [], **resolved.data}
        # The installations that authorized the message; None without an interaction
        metadata: Json = message.shown.get("interaction_metadata") or {}
        authorizers = metadata.get("authorizing_integration_owners")
        return self._interactions.begin(
            InteractionType.COMPONENT, user, channel, data, owners=authorizers, source=message
        )

    def submit(self, user: User, interaction_id: str, components: list[Json]) -> Interaction:
        """Submit the modal that the bot opened for an interaction of this user."""
        opened_by = self._interactions.get(interaction_id)
        if opened_by.modal is None or opened_by.user is not user:
            raise ActionUnavailable("There is no such form")
        resolved = Resolved(self._world, opened_by.channel)
        for component, _ in walk(components, ()):
            resolved.chosen(component, component.get("values") or [])
        custom_id = opened_by.modal["custom_id"]
        data = {"custom_id": custom_id, "components": components, **resolved.data}
        return self._interactions.begin(
            InteractionType.MODAL_SUBMIT,
            user,
            opened_by.channel,
            data,
            owners=opened_by.owners,
            command=opened_by.command,
            source=opened_by.source,
            opened_by=opened_by,
        )

    def say(self, user: User, channel: Channel, content: str) -> Message:
        """Send a message."""
        self._enter(user, channel)
        if not content.strip():
            raise ActionUnavailable("Cannot send an empty message")
        draft = Draft(content=content.strip(), mentioned=mentions_in(content))
        return self._messages.post(channel, user, draft)

    def remove(self, user: User, channel: Channel, message_id: str) -> None:
        """Delete an own message, as a moderator any message, or dismiss an ephemeral one."""
        message = self._seen(user, channel, message_id)
        granted = self._world.member_permissions(user.id, channel)
        own = message.author is user or message.ephemeral_for == user.id
        if not own and Permission.MANAGE_MESSAGES not in granted:
            raise ActionUnavailable("You cannot delete this message")
        self._messages.remove(message)

    def _enter(self, user: User, channel: Channel) -> None:
        if not self._world.enters(user.id, channel):
            raise ActionUnavailable("You are not in this channel")

    def _seen(self, user: User, channel: Channel, message_id: str) -> Message:
        try:
            return self._messages.find(channel, message_id, viewer=user.id)
        except ApiError:
            raise ActionUnavailable("That message is gone") from None


def _admits(granted: Permission, default: str | None) -> bool:
    """Tell whether a member may use a command; "0" admits administrators only."""
    if default is None or Permission.ADMINISTRATOR in granted:
        return True
    return default != "0" and Permission(int(default)) in granted


class Resolved:
    """Collects the `resolved` data: users, roles and channels that an interaction names."""

    def __init__(self, world: World, channel: Channel) -> None:
        self._world = world
        self._guild = world.guild_of(channel)
        self.shown: Json = {}

    @property
    def data(self) -> Json:
        """The part of an interaction's data: nothing if it names nothing."""
        return {"resolved": self.shown} if self.shown else {}

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

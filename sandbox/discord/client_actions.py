"""What a member's Discord client can do; used by the chat page and by tests.

It refuses what Discord's servers would not let happen, whatever a crafted client sends.
"""

from typing import Any

from sandbox.discord import serializers
from sandbox.discord.api_errors import ApiError, Json
from sandbox.discord.commands import Commands
from sandbox.discord.components import walk
from sandbox.discord.drafts import Draft, named
from sandbox.discord.enums import (
    CommandType,
    ComponentType,
    InteractionType,
    OptionType,
    Permission,
)
from sandbox.discord.installs import Owners, context, fits, owners
from sandbox.discord.interactions import Interaction, Interactions
from sandbox.discord.messages import Message, Messages
from sandbox.discord.models import Channel, User
from sandbox.discord.world import World

PEOPLE = {OptionType.USER, OptionType.MENTIONABLE}
PLACES = {OptionType.CHANNEL}
GROUPS = {OptionType.ROLE, OptionType.MENTIONABLE}
PEOPLE_SELECTS = {ComponentType.USER_SELECT, ComponentType.MENTIONABLE_SELECT}
PLACES_SELECTS = {ComponentType.CHANNEL_SELECT}
GROUPS_SELECTS = {ComponentType.ROLE_SELECT, ComponentType.MENTIONABLE_SELECT}


class ActionUnavailable(Exception):
    """What a member tried can't be done, in words for that member."""


class ClientActions:
    """Lets members act."""

    def __init__(
        self, world: World, commands: Commands, messages: Messages, interactions: Interactions
    ) -> None:
        self._world = world
        self._commands = commands
        self._messages = messages
        self._interactions = interactions
        self.open_to_all: set[str] = set()  # names of commands that an admin opened to everybody

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
        """Use a command, or ask for the choices of one that is being typed."""
        self._enter(user, channel)
        command = self.usable(user, channel).get(command_id)
        if command is None:
            raise ActionUnavailable("That command does not exist here")
        data: Json = {"id": command["id"], "name": command["name"], "type": command["type"]}
        if "guild_id" in command:
            data["guild_id"] = command["guild_id"]
        resolved = Resolved(self._world, channel)
        if command["type"] == CommandType.CHAT_INPUT:
            data["options"] = options or []
            resolved.options(data["options"])
        else:
            data["target_id"] = target_id
            self._target(command, user, channel, str(target_id), resolved)
        if resolved.shown:
            data["resolved"] = resolved.shown
        leave = owners(self._world, command, user, channel)
        return self._interactions.begin(kind, user, channel, data, owners=leave, command=command)

    def usable(self, user: User, channel: Channel) -> dict[str, Json]:
        """Return the commands that Discord lets *user* see in *channel*, by id."""
        guild = self._world.guild_of(channel)
        here = context(self._world, channel)
        granted = guild.permissions(user.id) if guild else Permission.NONE
        usable = {}
        for command in self._commands.offered(guild.id if guild else None):
            allowed = (
                guild is None
                or command["name"] in self.open_to_all
                or _enough(granted, command["default_member_permissions"])
            )
            there = fits(command, here) and owners(self._world, command, user, channel)
            safe = not command["nsfw"] or channel.nsfw or guild is None
            if allowed and there and safe:
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
        """Press a button of a message, or choose in one of its selects."""
        self._enter(user, channel)
        message = self._seen(user, channel, message_id)
        parts = [component for component, _ in walk(message.shown["components"], ())]
        used = next((part for part in parts if part.get("custom_id") == custom_id), None)
        if used is None or used.get("disabled"):
            raise ActionUnavailable("This component cannot be used")
        data: Json = {
            "id": used["id"],
            "custom_id": custom_id,
            "component_type": used["type"],
        }
        if used["type"] != ComponentType.BUTTON:
            data["values"] = values or []
            resolved = Resolved(self._world, channel)
            resolved.chosen(used, data["values"])
            if resolved.shown:
                data["resolved"] = resolved.shown
        return self._interactions.begin(
            InteractionType.COMPONENT, user, channel, data, owners=_led_by(message), source=message
        )

    def submit(self, user: User, interaction_id: str, components: list[Json]) -> Interaction:
        """Send a modal that answered an interaction of this user."""
        opened_by = self._interactions.get(interaction_id)
        if opened_by.modal is None or opened_by.user is not user:
            raise ActionUnavailable("There is no such form")
        data = {"custom_id": opened_by.modal["custom_id"], "components": components}
        resolved = Resolved(self._world, opened_by.channel)
        for component, _ in walk(components, ()):
            resolved.chosen(component, component.get("values") or [])
        if resolved.shown:
            data["resolved"] = resolved.shown
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
        """Write a message."""
        self._enter(user, channel)
        if not content.strip():
            raise ActionUnavailable("Cannot send an empty message")
        draft = Draft(content=content.strip(), mentioned=named(content))
        return self._messages.post(channel, user, draft)

    def remove(self, user: User, channel: Channel, message_id: str) -> None:
        """Delete an own message, any as a moderator, or dismiss an ephemeral one."""
        message = self._seen(user, channel, message_id)
        guild = self._world.guild_of(channel)
        granted = guild.permissions(user.id) if guild else Permission.NONE
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

    def _target(
        self, command: Json, user: User, channel: Channel, target_id: str, resolved: "Resolved"
    ) -> None:
        if command["type"] == CommandType.USER:
            resolved.person(target_id)
        else:
            message = self._seen(user, channel, target_id)
            resolved.shown["messages"] = {message.id: message.shown}


def _led_by(message: Message) -> Owners | None:
    """Return by whose leave the bot wrote a message; None: by no interaction at all."""
    metadata: Json = message.shown.get("interaction_metadata") or {}
    return metadata.get("authorizing_integration_owners")


def _enough(granted: Permission, default: str | None) -> bool:
    """Tell whether a member may use a command; of "0", only administrators may."""
    if default is None or Permission.ADMINISTRATOR in granted:
        return True
    return default != "0" and Permission(int(default)) in granted


class Resolved:
    """The users, roles and channels that an interaction names, as Discord sends them along."""

    def __init__(self, world: World, channel: Channel) -> None:
        self._world = world
        self._guild = world.guild_of(channel)
        self.shown: Json = {}

    def options(self, options: list[Json]) -> None:
        """Add what the options of a command name."""
        for option in options:
            self.options(option.get("options") or [])
            value = str(option.get("value"))
            self._add(value, option["type"], PEOPLE, GROUPS, PLACES)

    def chosen(self, component: Json, values: list[str]) -> None:
        """Add what is chosen in a select."""
        for value in values:
            self._add(value, component["type"], PEOPLE_SELECTS, GROUPS_SELECTS, PLACES_SELECTS)

    def person(self, user_id: str) -> None:
        """Add a user, and the member of this guild that it is."""
        user = self._world.users.get(user_id)
        if user is None:
            raise ActionUnavailable("There is no such user")
        self._into("users", user.id, serializers.user(user))
        if self._guild and user.id in self._guild.members:
            member = serializers.member(self._guild, user)
            granted = str(int(self._guild.permissions(user.id)))
            shown = {key: value for key, value in member.items() if key != "user"}
            self._into("members", user.id, shown | {"permissions": granted})

    def _add(
        self, value: str, kind: int, people: set[Any], groups: set[Any], places: set[Any]
    ) -> None:
        roles = self._guild.roles if self._guild else {}
        channels = self._guild.channels if self._guild else {}
        if kind in groups and value in roles:
            self._into("roles", value, serializers.role(roles[value]))
        elif kind in people:
            self.person(value)
        elif kind in places and value in channels:
            shown = serializers.channel(self._world, channels[value])
            granted = str(int(self._world.bot_permissions(channels[value])))
            self._into("channels", value, shown | {"permissions": granted})
        elif kind in groups or kind in places:
            raise ActionUnavailable("There is no such role or channel")

    def _into(self, kind: str, key: str, shown: Json) -> None:
        self.shown.setdefault(kind, {})[key] = shown

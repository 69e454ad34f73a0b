"""A member's Discord client, for tests."""

from collections.abc import Callable
from typing import Any

from sandbox.discord.api_errors import Json
from sandbox.discord.client import ActionUnavailable, Client
from sandbox.discord.enums import CommandType, InteractionType
from sandbox.discord.interactions import Interaction
from sandbox.discord.messages import Message
from sandbox.discord.option_values import fill_options, modal_component
from sandbox.discord.world import World


class InteractionTimeout(Exception):
    """The application did not respond in time."""


class Invocation:
    """One action of a member, and the bot's responses to it."""

    def __init__(self, world: World, interaction: Interaction) -> None:
        source = interaction.source
        self._world = world
        self._before = len(source.versions) if source else 0  # versions older than this action
        self._seen = 0  # the version at which `until` continues
        self.interaction = interaction
        self.id, self.token = interaction.id, interaction.token

    @property
    def stored(self) -> Message | None:
        """The response message, or the message that the response edits."""
        return self.interaction.original

    @property
    def message(self) -> Json:
        """The newest version of the response."""
        return self.versions[-1]

    @property
    def versions(self) -> list[Json]:
        """All versions of the response, oldest first; LookupError if there is none."""
        if self.stored is None:
            raise LookupError("the bot has not answered with a message")
        return self.stored.versions

    @property
    def follow_ups(self) -> list[Json]:
        """The newest versions of the follow-up messages."""
        return [message.shown for message in self.interaction.follow_ups]

    @property
    def ephemeral(self) -> bool:
        """Whether only this member sees the response."""
        return self.stored is not None and self.stored.ephemeral_for is not None

    async def acknowledged(self, *, within: float = 5.0) -> "Invocation":
        """Wait for the first response; raise InteractionTimeout if Discord gave up waiting."""

        def lookup() -> Interaction | None:
            if self.interaction.lapsed and self.interaction.callback is None:
                raise InteractionTimeout("The application did not respond")
            return self.interaction if self.interaction.callback is not None else None

        await self._world.wait(lookup, within=within, what="first answer")
        return self

    async def answer(self, *, within: float = 5.0) -> Json:
        """Wait for the first response, and return its message."""
        await self.acknowledged(within=within)
        return self.message

    async def opened(self, *, within: float = 5.0) -> Json:
        """Wait for the first response, and return the modal that it opened."""
        await self.acknowledged(within=within)
        if self.interaction.modal is None:
            raise LookupError("the bot did not answer with a modal")
        return self.interaction.modal

    async def until(self, check: Callable[[Json], Any], *, within: float = 10.0) -> Json:
        """Wait for a version of the response that passes *check*, and return it.

        Looks at each version in order, first at the one where the last call ended: so
        that states are seen in their order even if they went by before the call. Of a
        message that was there before, it looks at what came after this act.
        """

        def lookup() -> Json | None:
            versions = self.stored.versions if self.stored is not None else []
            old = self._before if self.stored is self.interaction.source else 0
            for index in range(max(self._seen, old), len(versions)):
                self._seen = index
                if check(versions[index]):
                    return versions[index]
            return None

        try:
            return await self._world.wait(lookup, within=within, what="such version of the answer")
        except TimeoutError as error:
            last = self.stored.shown if self.stored is not None else "no answer"
            raise TimeoutError(f"{error}; the last one is {last}") from None

    async def follow_up(self, *, count: int = 1, within: float = 10.0) -> Json:
        """Wait for the follow-up message with that number, counted from 1."""

        def lookup() -> Message | None:
            sent = self.interaction.follow_ups
            return sent[count - 1] if len(sent) >= count else None

        return (await self._world.wait(lookup, within=within, what="follow-up message")).shown


class Member(Client):
    """The client of one user in one channel, whose actions return what they begin."""

    async def command(
        self,
        name: str,
        /,  # an option may have the same name
        *path: str,
        _raw_options: list[Json] | None = None,
        **values: Any,
    ) -> Invocation:
        """Use a slash command with options by name; *path* names a subcommand.

        Raises InvalidInput for values that Discord's client would not send. A crafted
        client sends *_raw_options* as they are.
        """
        command = self._registered(name, CommandType.CHAT_INPUT)
        options = fill_options(command, path, values) if _raw_options is None else _raw_options
        return self._invoke(command, options=options)

    async def autocomplete(
        self, name: str, /, *path: str, focused: str, **values: Any
    ) -> list[Json]:
        """Return the bot's choices while the option *focused* is typed."""
        command = self._registered(name, CommandType.CHAT_INPUT)
        options = fill_options(command, path, values, focused=focused)
        invocation = self._invoke(command, options=options, kind=InteractionType.AUTOCOMPLETE)
        await invocation.acknowledged()
        return invocation.interaction.offered

    async def message_command(self, name: str, message_id: str) -> Invocation:
        """Use a command of a message's menu."""
        return self._invoke(self._registered(name, CommandType.MESSAGE), target_id=message_id)

    async def user_command(self, name: str, user_id: str) -> Invocation:
        """Use a command of a member's menu."""
        return self._invoke(self._registered(name, CommandType.USER), target_id=user_id)

    async def press(
        self, message_id: str, custom_id: str, values: list[str] | None = None
    ) -> Invocation:
        """Press a button."""
        return Invocation(self._world, self.component(message_id, custom_id, values))

    async def select(self, message_id: str, custom_id: str, values: list[str]) -> Invocation:
        """Choose in a select."""
        return await self.press(message_id, custom_id, values)

    async def submit_modal(self, opened: Invocation, values: dict[str, Any]) -> Invocation:
        """Submit the modal that *opened* returned, with values by custom_id."""
        modal = await opened.opened()
        components = [modal_component(component, values) for component in modal["components"]]
        return Invocation(self._world, self.submit(opened.id, components))

    async def say(self, content: str) -> Json:
        """Send a message."""
        return self.post(content).shown

    async def delete(self, message_id: str) -> None:
        """Delete a message, or dismiss an ephemeral one."""
        self.remove(message_id)

    def visible(self, channel: str | None = None) -> list[Json]:
        """Return the messages that this member sees here or in *channel*, oldest first."""
        where = self._world.channel(channel) if channel else self.channel
        return [message.shown for message in self._backend.messages.of(where, viewer=self.user.id)]

    async def sees(self, check: Callable[[Json], Any], *, within: float = 10.0) -> Json:
        """Wait for a message here that passes *check*, and return it."""

        def lookup() -> Json | None:
            return next((message for message in self.visible() if check(message)), None)

        return await self._world.wait(lookup, within=within, what="such message")

    def _registered(self, name: str, kind: CommandType) -> Json:
        usable = self.usable().values()
        for command in usable:
            if command["name"] == name and command["type"] == kind:
                return command
        known = ", ".join(command["name"] for command in usable) or "none"
        raise ActionUnavailable(f"{self.user.name} finds no command {name} here, but {known}")

    def _invoke(self, command: Json, **data: Any) -> Invocation:
        return Invocation(self._world, self.use(command["id"], **data))

"""Ports of Discord: the members' cards, notices to them, and the servers' log channels."""

from collections.abc import Collection, Sequence
from typing import Final, Protocol

from bot.domain.card_status import CardStatus
from bot.domain.deeds import Deed
from bot.domain.job import Job
from bot.domain.log_entries import AnyLogEntry, Held, Reported
from bot.service.ports.vendor import Picture

NO_STATUS: Final = CardStatus()


class Application(Protocol):
    """The bot's application."""

    async def operators(self) -> frozenset[int]:
        """Return who runs the bot: the owner, or the team's trusted members.

        Raises DiscordError.
        """


class CardPresenter(Protocol):
    """The cards that members see, one per job."""

    def show(self, job: Job, status: CardStatus = NO_STATUS) -> None:
        """Update the job's card in the background; of several updates the newest wins."""

    async def settle(self, job: Job, *, fault_id: str | None = None) -> None:
        """Show a job that has ended or is outstanding; return once Discord accepted or refused."""

    async def deliver(self, job: Job, pictures: Sequence[Picture]) -> bool:
        """Bring the pictures to the member; return once Discord accepted them.

        ``True``: in the card, without a ping; ``False``: in a new message that pings the member.

        Raises:
            FileTooLarge: Discord accepts no file of that size here.
            PermanentDiscordError: no way to the member is left.
        """

    async def show_pictures(self, job: Job, pictures: Sequence[Picture]) -> None:
        """Show *pictures*, which may not be all, in the job's card and nowhere else.

        Raises FileTooLarge, or another DiscordRefused: the card can't be edited.
        """

    async def ping(self, job: Job, *, directly: bool = False) -> None:
        """Ping the member whose pictures are in their card; lost if Discord refuses it.

        *directly*: by a direct message, or else in the channel.
        """

    async def remove(self, job: Job) -> None:
        """Delete the message with the job's pictures, or raise DiscordError."""

    async def cover(self, job: Job, *, spoiler: bool) -> None:
        """Hide the pictures in the job's message behind a spoiler, or show them again.

        Raises DiscordError.
        """

    async def repost(self, job: Job, pictures: Sequence[Picture]) -> int:
        """Post the pictures in the job's channel again, silently; return the message.

        Raises FileTooLarge, or another DiscordError.
        """


class LogChannel(Protocol):
    """The servers' log channels."""

    def enqueue(self, channel_id: int, entry: AnyLogEntry) -> None:
        """Write an entry in the background; lost if Discord refuses it."""

    async def write(self, channel_id: int, entry: AnyLogEntry) -> int:
        """Write an entry and return its message, or raise DiscordError."""

    async def rewrite(self, channel_id: int, message_id: int, entry: Reported | Held) -> None:
        """Replace the entry of a report or of held pictures, or raise DiscordError."""

    def refused(self, channel_id: int) -> bool:
        """Tell whether Discord refused the last entry that this process wrote there."""


class MemberNotices(Protocol):
    """Private notices to members, and the welcome of a server."""

    async def tell(self, deed: Deed, job: Job | None, server_language: str | None) -> None:
        """Tell the member of a deed in private, or raise DiscordError.

        *server_language*; ``None``: not known.
        """

    async def welcome(self, deed: Deed, server_language: str | None) -> None:
        """Introduce the bot in the first of the deed's channels that takes it, else to the owner.

        Raises DiscordError.
        """


class ShardConnections(Protocol):
    """The connections of this process's shards to Discord's gateway."""

    @property
    def begun(self) -> Collection[int]:
        """The shards that are connected, or start a session now."""

    @property
    def up(self) -> Collection[int]:
        """The connected shards."""

    async def opened(self) -> None:
        """Wait until shards can be connected: the bot is logged in."""

    async def assign(self, shard_ids: Collection[int] | None) -> None:
        """Set this process's shards, and close the others; ``None``: none, nobody knows which."""

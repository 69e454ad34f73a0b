"""Fakes of Discord, the vendor, the notifier and the clock; tests/contracts checks them."""

import asyncio
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from bot.domain.alerts import AlertMessage
from bot.domain.card_status import CardStatus
from bot.domain.deeds import Deed
from bot.domain.job import Job, State, Update
from bot.domain.log_entries import AnyLogEntry, Held, Reported
from bot.domain.order import Order
from bot.files.folder import FolderFiles
from bot.service.port_errors import (
    DiscordRefused,
    FilesUnavailable,
    PermanentDiscordError,
    PictureUnusable,
)
from bot.service.ports.discord import NO_STATUS
from bot.service.ports.files import StoredFiles
from bot.service.ports.picture_check import CheckResult
from bot.service.ports.vendor import Callback, Picture
from tests.samples import NOW

PICTURE = "https://pub-1.r2.dev/v1/r-1/output.png"
BROKEN = "https://pub-1.r2.dev/v1/r-1/broken.png"


class Clock:
    """Time that passes only when a test says so."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


class Gate:
    """Holds calls while it is closed."""

    def __init__(self) -> None:
        self.reached = asyncio.Event()  # since the gate was closed
        self._open = asyncio.Event()
        self._open.set()

    def close(self) -> None:
        self.reached.clear()
        self._open.clear()

    def open(self) -> None:
        self._open.set()

    async def __call__(self) -> None:
        self.reached.set()
        await self._open.wait()


class FakeNotifier:
    """A channel to other processes that remembers which jobs it was told about."""

    def __init__(self) -> None:
        self.notified: list[str] = []

    async def notify(self, job_id: str) -> None:
        self.notified.append(job_id)


class FakeReceiver:
    """A receiver of alerts that remembers what it took, and the tries."""

    def __init__(self) -> None:
        self.taken: list[AlertMessage] = []
        self.tries = 0
        self.error: Exception | None = None  # what a try raises
        self.gate = Gate()

    @property
    def told(self) -> list[tuple[str, str, str]]:
        """Kind, subject and state of what was taken."""
        return [(one.kind, one.subject, one.state) for one in self.taken]

    async def send(self, message: AlertMessage) -> None:
        self.tries += 1
        await self.gate()
        if self.error is not None:
            raise self.error
        self.taken.append(message)


class FakeLogChannel:
    """Log channels that remember their entries."""

    def __init__(self) -> None:
        self.entries: list[tuple[int, AnyLogEntry]] = []
        self.error: Exception | None = None  # Discord's answer to a write
        self.gate = Gate()  # of write
        self.rewriting = Gate()
        self.refusals: deque[Exception] = deque()  # of the next rewrites

    def enqueue(self, channel_id: int, entry: AnyLogEntry) -> None:
        if self.error is None:
            self.entries.append((channel_id, entry))

    async def write(self, channel_id: int, entry: AnyLogEntry) -> int:
        await self.gate()
        if self.error is not None:
            raise self.error
        self.entries.append((channel_id, entry))
        return len(self.entries)

    async def rewrite(self, channel_id: int, message_id: int, entry: Reported | Held) -> None:
        await self.rewriting()
        if self.refusals:
            raise self.refusals.popleft()
        if self.error is not None:
            raise self.error
        assert self.entries[message_id - 1][0] == channel_id
        self.entries[message_id - 1] = (channel_id, entry)

    def refused(self, channel_id: int) -> bool:  # noqa: ARG002 - of the port
        return isinstance(self.error, DiscordRefused)


class FakeApplication:
    """An application whose owner is 7."""

    def __init__(self) -> None:
        self.ids = frozenset({7})
        self.asked = 0
        self.error: Exception | None = None  # Discord's answer
        self.gate = Gate()

    async def operators(self) -> frozenset[int]:
        self.asked += 1
        await self.gate()
        if self.error is not None:
            raise self.error
        return self.ids


class FakeNotices:
    """Members who remember what they were told in private."""

    def __init__(self) -> None:
        self.told: list[Deed] = []
        self.tried = 0
        self.error: Exception | None = None  # Discord's answer
        self.gate = Gate()

    async def tell(
        self,
        deed: Deed,
        job: Job | None,  # noqa: ARG002 - of the port
        server_language: str | None,  # noqa: ARG002 - of the port
    ) -> None:
        self.tried += 1
        await self.gate()
        if self.error is not None:
            raise self.error
        self.told.append(deed)

    async def welcome(self, deed: Deed, server_language: str | None) -> None:
        await self.tell(deed, None, server_language)


class FakeQueue:
    """A vendor that answers as it is told; by default it accepts and completes everything."""

    def __init__(self) -> None:
        self.submitted: list[tuple[Order, Callback | None]] = []
        self.asked: list[str] = []
        self.answers: deque[Update | Exception] = deque()  # to the next submits
        self.statuses: deque[Update | Exception] = deque()  # to the next status calls
        self.after: Update | Exception | None = None  # to all later ones; None: COMPLETED
        self.name = "r-"  # of the request ids
        self.gate = Gate()  # of submits that were received and are not answered yet

    async def submit(self, order: Order, callback: Callback | None) -> Update:
        self.submitted.append((order, callback))
        number = len(self.submitted)
        await self.gate()
        answer = self.answers.popleft() if self.answers else None
        return _answer(answer or Update(state=State.QUEUED, request_id=f"{self.name}{number}"))

    async def status(self, request_id: str) -> Update:
        self.asked.append(request_id)
        await asyncio.sleep(0)
        answer = self.statuses.popleft() if self.statuses else self.after
        completed = Update(state=State.COMPLETED, request_id=request_id, media=(PICTURE,))
        return _answer(answer or completed)


class FakeCheck:
    """A check of pictures that answers as it is told; by default it flags nothing."""

    def __init__(self) -> None:
        self.checked: list[tuple[str, str]] = []  # names of files, and addresses
        self.repeatable = True
        self.flags = False
        self.error: Exception | None = None
        self.gate = Gate()

    async def check(self, path: Path, *, address: str) -> CheckResult:
        self.checked.append((path.name, address))
        await self.gate()
        if self.error is not None:
            raise self.error
        return CheckResult(flagged=self.flags, reason="nudity" if self.flags else "")


class FakeMedia:
    """Pictures that arrive at once, except those that a test names."""

    def __init__(self) -> None:
        self.fetched: list[str] = []
        self.limits: list[int] = []  # bytes
        self.errors: dict[str, deque[Exception]] = defaultdict(deque)  # of the next calls

    async def load(self, path: Path, *, order: str, limit: int) -> Picture | None:  # noqa: ARG002
        self.limits.append(limit)
        if not path.exists():  # noqa: ASYNC240 - a few bytes, in memory
            return None
        return Picture(path=path, extension="png", width=64, height=64, shrunk=False)

    async def fetch(self, address: str, path: Path, *, order: str, limit: int) -> Picture:
        if (picture := await self.load(path, order=order, limit=limit)) is not None:
            return picture
        self.fetched.append(address)
        await asyncio.sleep(0)
        if self.errors[address]:
            raise self.errors[address].popleft()
        if "broken" in address:
            raise PictureUnusable("it is broken")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"a picture")  # noqa: ASYNC240 - a few bytes, in memory
        return Picture(path=path, extension="png", width=64, height=64, shrunk=False)

    async def thumbnail(self, path: Path, *, side: int) -> bytes:
        return b"%d pixels of %s" % (side, path.read_bytes())  # noqa: ASYNC240 - the same


class FakeFiles(FolderFiles):
    """A place where pictures wait that several processes share, and that can be away."""

    def __init__(self, root: Path) -> None:
        super().__init__(root, remote=True)
        self.away = False
        self.calls: list[str] = []

    async def put(self, job_id: str, name: str, source: Path) -> None:
        self._called("put")
        await super().put(job_id, name, source)

    async def get(self, job_id: str, name: str, target: Path) -> bool:
        self._called("get")
        return await super().get(job_id, name, target)

    async def remove(self, job_ids: Sequence[str]) -> None:
        self._called("remove")
        await super().remove(job_ids)

    async def stored(self) -> AsyncIterator[StoredFiles]:
        self._called("stored")
        async for files in super().stored():
            yield files

    async def probe(self) -> None:
        self._called("probe")
        await super().probe()

    def _called(self, call: str) -> None:
        self.calls.append(call)
        if self.away:
            raise FilesUnavailable("it is away")

    @property
    def names(self) -> list[str]:
        """The files that wait, by job."""
        paths = self.root.glob("*/*")
        return sorted(str(path.relative_to(self.root)) for path in paths)


class FakeCards:
    """A card presenter that remembers what members saw."""

    def __init__(self) -> None:
        self.shown: list[tuple[Job, CardStatus]] = []
        self.settled: list[Job] = []
        self.fault_ids: list[tuple[State, str]] = []
        self.delivered: list[tuple[Job, list[Picture]]] = []
        self.in_card: list[tuple[Job, list[str]]] = []  # by show_pictures, names of files
        self.pinged: list[Job] = []
        self.pinged_directly: list[Job] = []
        self.removed: list[Job] = []
        self.covered: list[tuple[str, bool]] = []
        self.reposted: list[tuple[Job, list[Picture]]] = []
        self.errors: deque[Exception] = deque()  # of the next deliveries
        self.closed = False  # no way to the member is open
        self.by_message = False  # pictures come in a new message, which pings the member
        self.gate = Gate()

    def show(self, job: Job, status: CardStatus = NO_STATUS) -> None:
        self.shown.append((job, status))
        if status.fault_id is not None:
            self.fault_ids.append((job.state, status.fault_id))

    async def settle(self, job: Job, *, fault_id: str | None = None) -> None:
        await self.gate()
        self.settled.append(job)
        if fault_id is not None:
            self.fault_ids.append((job.state, fault_id))

    async def deliver(self, job: Job, pictures: Sequence[Picture]) -> bool:
        await self._reach_member()
        if self.errors:
            raise self.errors.popleft()
        self.delivered.append((job, list(pictures)))
        return not self.by_message

    async def show_pictures(self, job: Job, pictures: Sequence[Picture]) -> None:
        await self.gate()
        if self.closed or self.by_message:
            raise PermanentDiscordError("the card can't be edited")
        if self.errors:
            raise self.errors.popleft()
        self.in_card.append((job, [picture.path.name for picture in pictures]))

    async def ping(self, job: Job, *, directly: bool = False) -> None:
        await self.gate()
        (self.pinged_directly if directly else self.pinged).append(job)

    async def remove(self, job: Job) -> None:
        await self._reach_member()
        if job.reply.message_id is None or job.reply.answers_only:
            raise PermanentDiscordError("the message is not known, or not within reach")
        self.removed.append(job)

    async def cover(self, job: Job, *, spoiler: bool) -> None:
        await self._reach_member()
        self.covered.append((job.id, spoiler))

    async def repost(self, job: Job, pictures: Sequence[Picture]) -> int:
        if self.errors:
            raise self.errors.popleft()
        await self._reach_member()
        self.reposted.append((job, list(pictures)))
        return 1000 + len(self.reposted)

    @property
    def shown_jobs(self) -> list[Job]:
        return [job for job, _ in self.shown]

    async def _reach_member(self) -> None:
        await self.gate()
        if self.closed:
            raise PermanentDiscordError("no way to the member is left")


def _answer(answer: Update | Exception) -> Update:
    if isinstance(answer, Exception):
        raise answer
    return answer

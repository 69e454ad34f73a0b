"""Port of the place where pictures wait, which all processes share."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

MOST_PICTURES: Final = 10  # of an order: as many fit into one message, whatever the vendor sent
NAMES: Final = tuple(str(number) for number in range(1, MOST_PICTURES + 1))  # of their files


@dataclass(frozen=True, kw_only=True)
class StoredFiles:
    """What waits of one job, and when the newest of it was put there, in Unix seconds."""

    job_id: str
    changed_at: float


class WaitingFiles(Protocol):
    """The files of jobs, by their names. All methods raise FilesUnavailable.

    Files are copied whole or not at all, and never held in memory as a whole.
    """

    @property
    def remote(self) -> bool:
        """Whether it is another place than the folder of downloads."""

    async def put(self, job_id: str, name: str, source: Path) -> None:
        """Copy the file at *source* there, in place of what has its name."""

    async def get(self, job_id: str, name: str, target: Path) -> bool:
        """Copy a file to *target*, whose folder is made; ``False``: there is none."""

    async def remove(self, job_ids: Sequence[str]) -> None:
        """Remove all files of these jobs. Those that are not there count as removed."""

    def stored(self) -> AsyncIterator[StoredFiles]:
        """Yield what waits, by job. What can't be a job's is left out."""

    async def probe(self) -> None:
        """Write, read and remove a small file."""

"""Backups of an SQLite store, and the way back from one."""

import contextlib
import os
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import and_, func, or_, select, text
from sqlalchemy.engine import Connection, make_url

from bot.domain.job import EndReason, Job, State
from bot.errors import AlreadyRunning
from bot.service.port_errors import StoreUnavailable
from bot.store.database import Database
from bot.store.job_rows import changing_all, jobs_of, swap
from bot.store.statements import Statement, given
from bot.store.tables import is_at_vendor, is_outstanding, is_owned, jobs

_OURS: Final = "SELECT count(*) FROM sqlite_master WHERE name IN ('jobs', 'alembic_version')"
_PROCESSES: Final = text(
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE datname = current_database() AND application_name LIKE 'imagine-%'"
)
_IN_STATE: Final = Statement(select(jobs).where(jobs.c.state == given("in_state")))
_DISOWN: Final = changing_all(is_owned, {"owner": None, "lease_until": None})
_MAKE_DUE: Final = changing_all(is_outstanding, {"next_try_at": 0.0})
_UNDELIVERED: Final = and_(jobs.c.state == State.COMPLETED.value, jobs.c.kept_at.is_(None))
_FOLLOWED, _TRIED = (
    Statement(select(func.count()).select_from(jobs).where(which))
    for which in (is_at_vendor, or_(_UNDELIVERED, is_outstanding))
)


def copy_file(url: str, target: Path) -> int:
    """Copy the SQLite store at *url* to *target*, as it is at one moment; return its bytes.

    Safe beside a running bot. *target* is replaced in one step, if it is a store or does not exist.
    Raises StoreUnavailable.
    """
    source = Path(make_url(url).database or "")
    if target.exists() and (target.samefile(source) or not _is_store(target)):
        raise StoreUnavailable(f"{target} exists and is no backup: it is not replaced")
    part = target.with_name(f"{target.name}.part")
    try:
        part.unlink(missing_ok=True)
        os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))  # it holds secrets
        _copy(source, part)
        part.replace(target)
    except (sqlite3.Error, OSError) as error:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
        raise StoreUnavailable(f"{source} cannot be copied to {target}: {error}") from error
    return target.stat().st_size


def _copy(source: Path, target: Path) -> None:
    with (
        closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=rw", uri=True)) as reading,
        closing(sqlite3.connect(target)) as writing,
    ):
        reading.backup(writing)
        writing.execute("PRAGMA journal_mode = DELETE")  # one file, without a log beside it
        (sound,) = writing.execute("PRAGMA quick_check").fetchone()
    if sound != "ok":
        raise sqlite3.DatabaseError(f"the copy is damaged: {sound}")


def _is_store(path: Path) -> bool:
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as reading:
            (count,) = reading.execute(_OURS).fetchone()
    except sqlite3.Error:
        return False
    return bool(count == 2)  # noqa: PLR2004 - both tables


@dataclass(frozen=True, kw_only=True)
class Restored:
    """How many jobs of a restored store were open, by what becomes of them."""

    cancelled: int  # they waited
    uncertain: int  # they were being submitted
    followed: int  # the vendor has them
    tried: int  # their outcome is outstanding


async def settle_restored(database: Database) -> Restored:
    """Make sure that nothing that is open in a restored store is submitted again.

    What waited or was being submitted may have been drawn after the backup was made, so its card
    stays as it is. The process lock must be held. Raises AlreadyRunning if another process uses
    the store.
    """
    now = await database.now()

    def settle(connection: Connection) -> Restored:
        if database.shared and (connection.scalar(_PROCESSES) or 0) > 1:  # one is this process
            raise AlreadyRunning("another process runs on this database")
        waiting = _in_state(connection, State.WAITING)
        for job in waiting:
            ended = job.transition(State.CANCELLED, now=now, end_reason=EndReason.RESTORED)
            swap(connection, job, ended)
        submitting = _in_state(connection, State.SUBMITTING)
        for job in submitting:
            swap(connection, job, job.transition(State.UNCERTAIN, now=now))
        _DISOWN.change(connection)
        _MAKE_DUE.change(connection)
        return Restored(
            cancelled=len(waiting),
            uncertain=len(submitting),
            followed=_FOLLOWED.value(connection),
            tried=_TRIED.value(connection),
        )

    return await database.write(settle)


def _in_state(connection: Connection, state: State) -> Sequence[Job]:
    return jobs_of(_IN_STATE.rows(connection, in_state=state.value))

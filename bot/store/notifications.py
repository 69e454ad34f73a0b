"""What one process tells the others at once, where they share a PostgreSQL: LISTEN and NOTIFY.

A ring is a hint. One that is lost costs time: the others look into the store by themselves, too.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Any, Final

from sqlalchemy import func, select

from bot.retry import Backoff
from bot.service.port_errors import StoreUnavailable
from bot.store.database import Database
from bot.store.engine import connect, translate_driver_errors

log = logging.getLogger(__name__)

CHANNEL: Final = "imagine"
LOOK_AGAIN: Final = 5.0  # seconds between two looks whether the line still stands
ANSWERS_WITHIN: Final = 5.0  # seconds
RECONNECT: Final = Backoff(first=5.0, most=5.0)  # constant, but with jitter


class JobNotifier:
    """The line between the processes of one database."""

    def __init__(self, database: Database, url: str) -> None:
        self._database = database
        self._url = url

    async def notify(self, job_id: str) -> None:
        """Tell the other processes that there is news of a job, if there are others."""
        if not self._database.shared:
            return
        try:
            await self._database.write(
                lambda connection: connection.execute(select(func.pg_notify(CHANNEL, job_id)))
            )
        except StoreUnavailable as error:
            log.info("the other processes were not told of job %s: %s", job_id, error)

    async def listen(self, heard: Callable[[str], None]) -> None:
        """Call *heard* with the id of each job that there is news of, for ever."""
        delays = RECONNECT.delays()
        while self._database.shared:
            try:
                with translate_driver_errors():
                    await self._listen(heard)
            except StoreUnavailable as error:
                log.info("the other processes cannot be heard: %s", error)
            await asyncio.sleep(next(delays))
        await asyncio.Event().wait()

    async def _listen(self, heard: Callable[[str], None]) -> None:
        """Listen until the connection is lost; raises what the driver does then."""

        def ring(_connection: Any, _process: int, _channel: str, job_id: Any) -> None:
            heard(str(job_id))

        engine = connect(self._url)
        try:
            async with engine.connect() as connection:
                await connection.execution_options(isolation_level="AUTOCOMMIT")
                raw = await connection.get_raw_connection()
                line: Any = raw.driver_connection
                await line.add_listener(CHANNEL, ring)
                while True:
                    await asyncio.sleep(LOOK_AGAIN)
                    async with asyncio.timeout(ANSWERS_WITHIN):
                        await connection.execute(select(1))
        finally:
            await engine.dispose()

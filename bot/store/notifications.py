"""Publishes job changes to the other processes that share a PostgreSQL, by LISTEN/NOTIFY.

A notification is a hint: a lost one costs time, since all processes also poll the store.
"""

import asyncio
import logging
from collections.abc import Callable
from functools import partial
from typing import Any, Final

from sqlalchemy import String, func, select

from bot.retry import Backoff
from bot.service.port_errors import StoreUnavailable
from bot.store.database import Database
from bot.store.engine import connect, translate_driver_errors
from bot.store.statements import Statement, given

log = logging.getLogger(__name__)

CHANNEL: Final = "imagine"
_NOTIFY: Final = Statement(select(func.pg_notify(CHANNEL, given("job_id", type_=String()))))
CHECK_EVERY: Final = 5.0  # seconds, whether the connection still works
ANSWER_WITHIN: Final = 5.0  # seconds
RECONNECT: Final = Backoff(first=5.0, most=5.0)  # constant, but with jitter


class JobNotifier:
    """Publisher and subscriber of job changes."""

    def __init__(self, database: Database, url: str) -> None:
        self._database = database
        self._url = url

    async def notify(self, job_id: str) -> None:
        """Tell other processes, if any share the database, that a job changed."""
        if not self._database.shared:
            return
        try:
            await self._database.write(partial(_NOTIFY.value, job_id=job_id))
        except StoreUnavailable as error:
            log.info("job notification not sent: job=%s error=%s", job_id, error)

    async def listen(self, on_change: Callable[[str], None]) -> None:
        """Call *on_change* with the id of each job that changed, for ever."""
        delays = RECONNECT.delays()
        while self._database.shared:
            try:
                with translate_driver_errors():
                    await self._listen(on_change)
            except StoreUnavailable as error:
                log.info("job notifications not received, retrying: error=%s", error)
            await asyncio.sleep(next(delays))
        await asyncio.Event().wait()

    async def _listen(self, on_change: Callable[[str], None]) -> None:
        """Listen until the connection is lost, and raise the driver's error."""

        def received(_connection: Any, _process: int, _channel: str, job_id: Any) -> None:
            on_change(str(job_id))

        engine = connect(self._url)
        try:
            async with engine.connect() as connection:
                raw = await connection.get_raw_connection()
                driver: Any = raw.driver_connection
                await driver.add_listener(CHANNEL, received)
                while True:
                    await asyncio.sleep(CHECK_EVERY)
                    async with asyncio.timeout(ANSWER_WITHIN):
                        await connection.execute(select(1))
        finally:
            await engine.dispose()

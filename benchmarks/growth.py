"""What a cost does while something grows: orders stored, members, phrases, orders in flight."""

import asyncio
import math
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks import flight, plans, words
from benchmarks.postgres import postgres
from bot.domain.admission import DAY, day_of
from bot.domain.word_filter import WordLists
from bot.service.server_figures import TOP
from bot.store.database import Database
from bot.store.figures import Figures
from bot.store.job_queries import JobQueries
from bot.ui import figures_picture
from bot.ui.button_actions import Theme

SQLITE: Final = "SQLite"
POSTGRESQL: Final = "PostgreSQL"
STEADY: Final = 1.5  # times the cost at the smallest size: what stays below is called constant
ONLY_MEMBER: Final = 1  # of a store that is filled for one member
ONLY_GUILD: Final = 1  # the same


@dataclass(frozen=True, kw_only=True)
class Scale:
    """Up to which sizes it is measured."""

    rows: Sequence[int]
    members: Sequence[int]
    of_members: int  # orders stored, while the members grow
    history: Sequence[int]
    phrases: Sequence[int]
    in_flight: Sequence[int]
    watched: float  # seconds
    calls: int  # of what is timed
    shown: int  # figures of a server


FULL: Final = Scale(
    rows=(1000, 10_000, 100_000, 1_000_000),
    members=(1, 10, 100, 1000, 10_000),
    of_members=100_000,
    history=(100, 1000, 10_000, 100_000),
    phrases=(5, 50, 500),
    in_flight=(100, 1000, 10_000),
    watched=15.0,
    calls=400,
    shown=9,
)
QUICK: Final = Scale(
    rows=(100, 1000),
    members=(1, 10),
    of_members=1000,
    history=(10, 100),
    phrases=(5, 50),
    in_flight=(10, 100),
    watched=2.0,
    calls=20,
    shown=2,
)


@dataclass(frozen=True, kw_only=True)
class Growth:
    """A cost at each size, both ascending."""

    cost: str
    unit: str
    grows: str
    sizes: Sequence[int]
    values: Sequence[float]

    @property
    def kind(self) -> str:
        """Return what the cost is in the size: constant, logarithmic or linear.

        One that grows is what it correlates with better.
        """
        if self.values[-1] <= STEADY * self.values[0]:
            return "constant"
        logarithms = [math.log(size) for size in self.sizes]
        linear = statistics.correlation(self.sizes, self.values)
        return "linear" if linear >= statistics.correlation(logarithms, self.values) else "log"


async def measure(scale: Scale) -> Sequence[Growth]:
    """Measure every growth."""
    return [
        *[await _admission_by_rows(scale, engine) for engine in (SQLITE, POSTGRESQL)],
        *[await _admission_by_members(scale, engine) for engine in (SQLITE, POSTGRESQL)],
        *await _history(scale),
        *[await _figures(scale, engine) for engine in (SQLITE, POSTGRESQL)],
        _filter(scale),
        *await _in_flight(scale),
    ]


async def _admission_by_rows(scale: Scale, engine: str) -> Growth:
    values = [await _admission(scale, engine, rows=rows) for rows in scale.rows]
    return Growth(
        cost=f"admission on {engine}",
        unit="ms",
        grows="orders stored",
        sizes=scale.rows,
        values=values,
    )


async def _admission_by_members(scale: Scale, engine: str) -> Growth:
    values = [
        await _admission(scale, engine, rows=scale.of_members, guilds=1, members=members)
        for members in scale.members
    ]
    return Growth(
        cost=f"admission on {engine}",
        unit="ms",
        grows=f"members; {scale.of_members:,} orders",
        sizes=scale.members,
        values=values,
    )


async def _admission(scale: Scale, engine: str, *, rows: int, **of: int) -> float:
    now = _end_of_day()
    async with _filled(engine, rows=rows, now=now, **of) as database:
        return _median(await plans.time_admit(database, now=now, count=scale.calls))


async def _history(scale: Scale) -> Sequence[Growth]:
    searches = {"a page of /history": "", "a search in /history that finds nothing": "unheard-of"}
    values: dict[str, list[float]] = {cost: [] for cost in searches}
    for rows in scale.history:
        async with _filled(SQLITE, rows=rows, now=_end_of_day(), members=1) as database:
            records = JobQueries(database)
            for cost, word in searches.items():

                def page(word: str = word, records: JobQueries = records) -> Awaitable[object]:
                    return records.page(ONLY_MEMBER, word=word, skip=0, most=5)

                values[cost].append(await _timed(page, scale.calls))
    grows = "orders of one member, SQLite"
    return [
        Growth(cost=cost, unit="ms", grows=grows, sizes=scale.history, values=times)
        for cost, times in values.items()
    ]


async def _figures(scale: Scale, engine: str) -> Growth:
    """Measure what `/limits usage` reads and draws of all days that are stored."""
    values, now = [], _end_of_day()
    since = int(day_of(now) - (plans.DAYS - 1) * DAY)
    for rows in scale.history:
        async with _filled(engine, rows=rows, now=now, guilds=1) as database:
            stored = Figures(database)

            async def show(stored: Figures = stored) -> None:
                figures = await stored.of_server(ONLY_GUILD, since=since, days=plans.DAYS, top=TOP)
                await asyncio.to_thread(figures_picture.draw, figures, Theme.DARK)

            values.append(await _timed(show, scale.shown))
    grows = f"orders of one server, {plans.DAYS} days"
    return Growth(
        cost=f"/limits usage on {engine}",
        unit="ms",
        grows=grows,
        sizes=scale.history,
        values=values,
    )


def _filter(scale: Scale) -> Growth:
    prompt = words.filled(words.PROMPTS["English"])
    return Growth(
        cost="a prompt of 1,000 characters against a server's words",
        unit="ms",
        grows="phrases",
        sizes=scale.phrases,
        values=[
            _median(words.examine(WordLists(blocked=words.phrases(count)), prompt, scale.calls))
            for count in scale.phrases
        ],
    )


async def _in_flight(scale: Scale) -> Iterator[Growth]:
    flights = [await flight.inherited(count, seconds=scale.watched) for count in scale.in_flight]
    costs = {
        ("memory of the process", "MB"): [measured.memory / 1e6 for measured in flights],
        ("CPU, each order called back every 15 s", "ms/s"): [
            1000 * measured.cpu_called for measured in flights
        ],
    }
    return (
        Growth(cost=cost, unit=unit, grows="orders in flight", sizes=scale.in_flight, values=values)
        for (cost, unit), values in costs.items()
    )


@asynccontextmanager
async def _filled(engine: str, *, rows: int, now: float, **of: int) -> AsyncIterator[Database]:
    """Yield a database of its own that has *rows* orders."""
    async with AsyncExitStack() as stack:
        if engine == SQLITE:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            url = f"sqlite+aiosqlite:///{folder / 'growth.db'}"
        else:
            url = await stack.enter_async_context(postgres())
        database = await stack.enter_async_context(Database.open(url))
        await plans.fill(database, rows=rows, now=now, **of)
        yield database


async def _timed(call: Callable[[], Awaitable[object]], count: int) -> float:
    """Return the median of *count* calls, in milliseconds."""
    took = []
    for _ in range(count):
        began = time.perf_counter()
        await call()
        took.append(time.perf_counter() - began)
    return _median(took)


def _median(seconds: Sequence[float]) -> float:
    """Return the median in milliseconds."""
    return 1000 * statistics.median(seconds)


def _end_of_day() -> float:
    """Return a time at which a day counts the most orders."""
    return time.time() // DAY * DAY + DAY - 60

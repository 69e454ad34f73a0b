"""``python -m benchmarks``: measure and print one table."""

import asyncio
import os
import platform
from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.run import Measured, measure


@dataclass(frozen=True, kw_only=True)
class Case:
    """One row of the table."""

    name: str
    orders: int
    settings: dict[str, str]


CASES = (
    Case(name="callbacks", orders=100, settings={"LANE_WIDTH": "1000"}),
    Case(
        name="polling every 5 s",
        orders=100,
        settings={"LANE_WIDTH": "1000", "PUBLIC_URL": ""},
    ),
)

ROWS: tuple[tuple[str, Callable[[Measured], str]], ...] = (
    ("to the answer, ms p50 / p99 / max", lambda m: _three(m.to_answer)),
    ("completed to visible, s p50 / p99 / max", lambda m: _three(m.to_visible, 1.0, ".1f")),
    ("CPU an order, ms", lambda m: f"{1000 * m.cpu / m.orders:.0f}"),
    ("peak memory, MB", lambda m: f"{m.peak_memory / 1e6:.0f}"),
    ("status calls an order", lambda m: f"{m.status_calls / m.orders:.2f}"),
    ("... of a fixed poll every 5 s", lambda m: f"{m.fixed_calls / m.orders:.2f}"),
    ("Discord calls an order", lambda m: f"{m.discord_calls / m.orders:.1f}"),
)


def _three(seconds: list[float], scale: float = 1000.0, form: str = ".0f") -> str:
    ordered = sorted(seconds)
    chosen = (
        ordered[len(ordered) // 2],
        ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))],
        ordered[-1],
    )
    return " / ".join(format(value * scale, form) for value in chosen)


async def main() -> None:
    """Measure every case and print the table."""
    rows: list[tuple[Case, Measured]] = [
        (case, await measure(case.orders, case.settings)) for case in CASES
    ]
    print(f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}")
    print(f"| {'orders at once':<40} | " + " | ".join(f"{c.orders} by {c.name}" for c, _ in rows))
    for title, show in ROWS:
        print(f"| {title:<40} | " + " | ".join(show(measured) for _, measured in rows))


asyncio.run(main())

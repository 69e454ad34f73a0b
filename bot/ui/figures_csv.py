"""A server's figures as CSV, for spreadsheets: a table of days and one of members."""

import csv
import io
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from bot.domain.figures import ServerFigures
from bot.domain.money import written
from bot.service.server_figures import FiguresReport

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
_MARK: Final = "\N{APOSTROPHE}"  # spreadsheets take what follows for text


def by_day(report: FiguresReport) -> bytes:
    """Return a row for each day; its refusals have a column for each rule that refused."""
    figures = report.figures
    rules = sorted(figures.total.refusals)
    header = ["date", "orders", "members", "images", "failed", "reports", "refused"]
    header += [f"refused_{rule}" for rule in rules] + (["cost_usd"] if report.costs else [])
    return _table(
        header,
        (
            [
                f"{datetime.fromtimestamp(day.day, UTC):%Y-%m-%d}",
                *(day.orders, day.members, day.images, day.failures, day.reports, day.refused),
                *(day.refusals.get(rule, 0) for rule in rules),
                *([written(day.cost)] if report.costs else []),
            ]
            for day in figures.days
        ),
    )


def by_member(figures: ServerFigures, names: Mapping[int, str], *, costs: bool) -> bytes:
    """Return a row for each member, with the name if it is known.

    Ids are written as mentions: spreadsheets would round such large numbers.
    """
    header = ["member", "name", "orders", "images", *(["cost_usd"] if costs else [])]
    return _table(
        header,
        (
            [
                f"<@{member.member_id}>",
                text(names.get(member.member_id, "")),
                *(member.orders, member.images),
                *([written(member.cost)] if costs else []),
            ]
            for member in figures.top
        ),
    )


def text(value: str) -> str:
    """Return *value* as a cell that no spreadsheet takes for a formula."""
    plain = unicodedata.normalize("NFKC", value.lstrip(" "))  # full-width signs begin one, too
    return f"{_MARK}{value}" if plain.startswith(_FORMULA) else value


def _table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    written_ = io.StringIO(newline="")
    table = csv.writer(written_)
    table.writerow(header)
    table.writerows(rows)
    return written_.getvalue().encode("utf-8-sig")  # the mark by which Excel knows UTF-8

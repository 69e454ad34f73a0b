"""Money as whole millionths of a dollar, and the calendar periods of budgets, in UTC."""

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Final

DOLLAR: Final = 1_000_000  # millionths
MOST: Final = 1_000_000 * DOLLAR
_DAY: Final = 86400  # seconds


class Budget(StrEnum):
    """What is summed up. The values are stored: keep them."""

    DAY = "day"  # of all servers
    MONTH = "month"  # of all servers
    SERVER_MONTH = "server_month"  # of each; orders outside of servers count as one


OF_ALL_SERVERS: Final = (Budget.DAY, Budget.MONTH)


@dataclass(frozen=True, kw_only=True)
class Price:
    """What the vendor charges for an order."""

    amount: int = 0
    per_image: bool = True  # else for each order, whatever its images

    def of(self, images: int) -> int:
        """Return the price of an order of so many images."""
        return self.amount * images if self.per_image else self.amount


def read_dollars(text: str) -> int:
    """Return an amount that is written in dollars.

    Raises ValueError if it is negative, above MOST or finer than a millionth.
    """
    try:
        amount = Decimal(text) * DOLLAR
    except InvalidOperation:
        amount = Decimal(-1)
    if not amount.is_finite() or not 0 <= amount <= MOST:
        raise ValueError(f"must be an amount in dollars from 0 to {MOST // DOLLAR}")
    if amount != int(amount):
        raise ValueError("must have at most 6 decimals")
    return int(amount)


def written(amount: int) -> str:
    """Return an amount as a number of dollars: 3.50."""
    whole, rest = divmod(amount, DOLLAR)
    return f"{whole}." + f"{rest:06}".rstrip("0").ljust(2, "0")


def of_number(dollars: object) -> int:
    """Return the amount of a JSON number of dollars, rounded; -1: it is no amount."""
    is_number = isinstance(dollars, int | float) and not isinstance(dollars, bool)
    if not is_number or not 0 <= dollars <= MOST // DOLLAR:  # type: ignore[operator]
        return -1
    return int((Decimal(str(dollars)) * DOLLAR).to_integral_value())


def day_start(now: float) -> int:
    """Return when the day of *now* began, in Unix seconds."""
    return int(now // _DAY) * _DAY


def month_start(now: float) -> int:
    """Return when the month of *now* began, in Unix seconds."""
    moment = datetime.fromtimestamp(day_start(now), UTC)
    return day_start(now) - (moment.day - 1) * _DAY


def month_end(now: float) -> int:
    """Return when the month of *now* ends, in Unix seconds."""
    return month_start(month_start(now) + 31 * _DAY)


def period_start(budget: Budget, now: float) -> int:
    """Return when the period of *now* began that *budget* sums up, in Unix seconds."""
    return day_start(now) if budget is Budget.DAY else month_start(now)


def period_end(budget: Budget, now: float) -> int:
    """Return when it ends, in Unix seconds."""
    return day_start(now) + _DAY if budget is Budget.DAY else month_end(now)

"""The tables that benchmarks print."""

from collections.abc import Sequence

Row = tuple[str, Sequence[str]]  # its title, and a cell for each column that it has a figure for


def show(title: str, columns: Sequence[str], rows: Sequence[Row]) -> None:
    """Print a table in Markdown."""
    ruler: Row = ("---", ["---:"] * len(columns))
    for name, cells in [(title, columns), ruler, *rows]:
        empty = [""] * (len(columns) - len(cells))
        print(f"| {' | '.join([name, *cells, *empty])} |")
    print(flush=True)


def spread(seconds: Sequence[float], *, digits: int = 0) -> str:
    """Return median, 99th percentile and maximum, in milliseconds."""
    ordered = sorted(seconds)
    last = len(ordered) - 1
    chosen = (ordered[last // 2], ordered[int(last * 0.99)], ordered[last])
    return " / ".join(f"{1000 * value:.{digits}f}" for value in chosen)


def megabytes(*sizes: int) -> str:
    """Return sizes in bytes as megabytes."""
    return " / ".join(f"{size / 1e6:.0f}" for size in sizes)

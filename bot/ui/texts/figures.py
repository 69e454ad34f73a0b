"""The texts of ``/limits usage``: a server's figures, as sums, lists and a picture's alt text."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from bot.domain.figures import ServerFigures
from bot.service.server_figures import FiguresReport
from bot.ui.button_actions import Theme
from bot.ui.language import dollars, lazy, ngettext
from bot.ui.language import gettext as _
from bot.ui.texts import explanations, shared

_LIST: Final = 1200  # characters of each list

csv: Final = lazy("Download as CSV")
THEMES: Final = {Theme.DARK: lazy("Dark picture"), Theme.LIGHT: lazy("Light picture")}


def heading(report: FiguresReport) -> str:
    """Return the period, and the sums of its figures."""
    figures, total = report.figures, report.figures.total
    title, days = _("Figures of this server"), len(figures.days)
    period = ngettext(
        "The last {count} day (UTC), until now", "The last {count} days (UTC), until now", days
    ).format(count=days)
    lines = [
        f"## {title}",
        f"-# {period}",
        _("Images: **{count}**").format(count=total.images),
        _("Orders: **{count}** · members: {members}").format(
            count=total.orders, members=figures.members
        ),
        _("Failed: {failed} · refused: {refused} · reports: {reports}").format(
            failed=total.failures, refused=total.refused, reports=total.reports
        ),
    ]
    if report.costs:
        lines.append(_("Cost: {sum}").format(sum=dollars(total.cost)))
    return "\n".join(lines)


def lists(report: FiguresReport) -> str:
    """Return what the picture shows, whom its numbers name, and why orders were refused."""
    figures = report.figures
    lines = [legend()] if is_drawn(figures) else [_("Nobody ordered anything in this time.")]
    if figures.top:
        most = _("Most images")
        lines += [f"**{most}**", shared.fitted([*_members(figures)], _LIST)]
    if refused := figures.total.refusals:
        title = _("Refused")
        by_count = sorted(refused.items(), key=lambda item: -item[1])
        listed = [f"- {explanations.reason(rule)}: {count}" for rule, count in by_count]
        lines += [f"**{title}**", shared.fitted(listed, _LIST)]
    return "\n".join([*lines, f"-# {_kept(report)}"])


legend: Final = lazy(
    "\N{LARGE BLUE SQUARE} images each day \N{MIDDLE DOT} \N{LARGE ORANGE SQUARE} refused orders "
    "\N{MIDDLE DOT} \N{LARGE RED SQUARE} failed orders \N{MIDDLE DOT} on the right: the images of "
    "the members below, by their numbers"
)


def is_drawn(figures: ServerFigures) -> bool:
    """Tell whether there is anything to draw."""
    return bool(figures.total.orders or figures.total.refused)


def alt(figures: ServerFigures) -> str:
    """Return the alt text of the picture."""
    best, total = max(figures.days, key=lambda day: day.images), figures.total
    return _(
        "Bars for each day: {images} images in all, the most on {date}: {most}. Below them "
        "{refused} refused and {failed} failed orders. Beside them a numbered bar for each of the "
        "members with the most images."
    ).format(
        images=total.images,
        date=f"{datetime.fromtimestamp(best.day, UTC):%Y-%m-%d}",
        most=best.images,
        refused=total.refused,
        failed=total.failures,
    )


def _members(figures: ServerFigures) -> Iterator[str]:
    for number, member in enumerate(figures.top, 1):
        orders = ngettext("{count} order", "{count} orders", member.orders)
        images = shared.images(member.images)
        yield f"{number}. <@{member.member_id}>: {images}, {orders.format(count=member.orders)}"


def _kept(report: FiguresReport) -> str:
    erased = _("Orders that members had erased are not counted.")
    if not report.kept_days:
        return erased
    kept = ngettext(
        "The bot stores orders for {count} day.",
        "The bot stores orders for {count} days.",
        report.kept_days,
    ).format(count=report.kept_days)
    return f"{kept} {erased}"

"""What ``/history`` answers."""

from bot.ui.language import gettext as _
from bot.ui.language import ngettext


def handed_over(count: int) -> str:
    """Return the answer to ``/history`` after the pictures of *count* orders were sent."""
    if count == 0:
        return _("No pictures of yours wait here.")
    return ngettext(
        "One order of yours could not be delivered before. Here it is.",
        "{count} orders of yours could not be delivered before. Here they are.",
        count,
    ).format(count=count)

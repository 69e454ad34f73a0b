"""The form to report a picture."""

from typing import Final

from bot.domain.deeds import ReportReason
from bot.ui.language import lazy

# At most 45 characters.
title: Final = lazy("Report a picture")
reason_label: Final = lazy("What's wrong with it?")
text_label: Final = lazy("Anything to add?")
text_hint: Final = lazy("The moderators see your report with your name.")

_REASONS: Final = {
    ReportReason.SEXUAL: lazy("Nudity or sexual content"),
    ReportReason.VIOLENCE: lazy("Violence or gore"),
    ReportReason.HATE: lazy("Hate or harassment"),
    ReportReason.PERSON: lazy("It shows a real person"),
    ReportReason.OTHER: lazy("Something else"),
}


def reason(of: ReportReason) -> str:
    """Return a reason to report a picture."""
    return _REASONS[of]()

"""The labels of the panel's forms for the log channel, the pause, a tier and a style."""

from typing import Final

from bot.ui.language import lazy

_TITLES: Final = {
    "log": lazy("Log channel"),
    "pause": lazy("Pause orders"),
    "tiers": lazy("Limits of a role"),
    "tiers_more": lazy("More limits of a role"),
    "styles": lazy("Style of this server"),
}


def title(name: str) -> str:
    """Return the title of a form."""
    return _TITLES[name]()


log_hint: Final = lazy("For reports, refused prompts and changes. Leave empty to turn logging off")
ping_hint: Final = lazy("Once for each reported picture. Leave empty to ping nobody")
kinds_hint: Final = lazy("Besides reports and flagged pictures, which are always logged")
reason: Final = lazy("Reason")
reason_hint: Final = lazy("Members see the reason")
role: Final = lazy("Role")
role_hint: Final = lazy("Leave everything else empty to remove the role's tier")
tier_hint: Final = lazy("Leave empty for the normal limit; 0 means no limit")
exempt: Final = lazy("No limits at all for this role")
STYLE: Final = {"name": lazy("Name"), "words": lazy("What is added to a prompt")}
style_hint: Final = lazy("Leave empty to delete this style")

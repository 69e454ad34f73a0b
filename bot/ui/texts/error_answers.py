"""The answers to errors that any command or button may meet."""

from typing import Final

from bot.ui.language import gettext as _
from bot.ui.language import lazy

store_unavailable: Final = lazy(
    "The bot can't reach its records now, so this may not have been done. "
    "Please look, and try again in a minute."
)
# A command names somebody who is not in the server.
not_found: Final = lazy("Discord does not find what you named in this server. Nothing was changed.")
# The client has an older version of a command.
command_changed: Final = lazy(
    "This command has just changed. Please try again; if that does not help, reload Discord."
)
# Discord did not take an answer.
not_taken: Final = lazy(
    "Discord did not take the bot's answer. What you asked for may be done: "
    "please look, and try again in a minute."
)
# Discord did not take the form.
no_form: Final = lazy("Discord did not show the form. Nothing was changed. Please try again.")


def unreadable(*, other_version: bool) -> str:
    """Return the answer to what can't be read; *other_version*: to a button that is unknown."""
    if other_version:
        return _(
            "This button or form is from another version of the bot, and does nothing any more."
        )
    return _(
        "The bot could not read what Discord sent. "
        "Nothing was ordered or changed. Please try again."
    )


def unexpected(error_id: str) -> str:
    """Return the answer to a bug, with the id that is in the log."""
    return _(
        "Something went wrong on the bot's side. Its operator can find it as `{error_id}`."
    ).format(error_id=error_id)

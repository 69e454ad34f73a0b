"""The answers to errors that any command or button may meet."""

from typing import Final

from bot.ui.language import gettext as _
from bot.ui.language import lazy

store_unavailable: Final = lazy(
    "The bot's database isn't available right now, so this may not have been saved. "
    "Please check and try again in a minute."
)
# A command names somebody who is not in the server.
not_found: Final = lazy("Discord can't find that on this server. Nothing was changed.")
# The client has an older version of a command.
command_changed: Final = lazy(
    "This command has just been updated. Please try again, or reload Discord if that doesn't help."
)
# Discord did not take an answer.
not_taken: Final = lazy(
    "Discord didn't accept the bot's answer. It may have worked all the same: "
    "please check and try again in a minute."
)
# Discord did not take the form.
no_form: Final = lazy("Discord didn't show the form. Nothing was changed, please try again.")


def unreadable(*, other_version: bool) -> str:
    """Return the answer to what can't be read; *other_version*: to a button that is unknown."""
    if other_version:
        return _("This button or form is from another version of the bot and no longer works.")
    return _(
        "The bot couldn't read what Discord sent. Nothing was ordered or changed, please try again."
    )


def unexpected(error_id: str) -> str:
    """Return the answer to a bug, with the id that is in the log."""
    return _(
        "Something went wrong. If you report it to the bot's owner, include this code: `{error_id}`"
    ).format(error_id=error_id)

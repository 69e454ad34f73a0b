"""What is answered where something went wrong, whatever was asked for."""

from bot.ui.language import gettext as _


def store_away() -> str:
    """Return what is told while the bot's records can't be reached."""
    return _(
        "The bot can't reach its records now, so this may not have been done. "
        "Please look, and try again in a minute."
    )


def not_found() -> str:
    """Return what is told where a command names somebody or something that is not there."""
    return _("Discord does not find what you named in this server. Nothing was changed.")


def command_changed() -> str:
    """Return what is told to a client that has an older version of a command."""
    return _(
        "This command has just changed. Please try again; if that does not help, reload Discord."
    )


def unexpected(error_id: str) -> str:
    """Return what a member is told about a fault of ours, with the id that is in the log."""
    return _(
        "Something went wrong on the bot's side. Its operator can find it as `{error_id}`."
    ).format(error_id=error_id)

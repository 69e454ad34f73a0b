"""Discord's ways to say no, each with its HTTP status, code and words.

Codes: https://discord.com/developers/docs/topics/opcodes-and-status-codes#json
"""

from collections.abc import Mapping
from typing import Any

Json = dict[str, Any]


class ApiError(Exception):
    """A request that Discord would refuse."""

    def __init__(
        self,
        status: int,
        code: int,
        message: str,
        *,
        errors: Json | None = None,
        extra: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.headers = headers or {}
        self.body: Json = {"message": message, "code": code, **(extra or {})}
        if errors:
            self.body["errors"] = errors


def unauthorized() -> ApiError:
    """Refuse a bot token that is missing or wrong."""
    return ApiError(401, 0, "401: Unauthorized")


def unknown_user() -> ApiError:
    """Refuse an id that no user has."""
    return ApiError(404, 10013, "Unknown User")


def unknown_member() -> ApiError:
    """Refuse a user who is not in the guild."""
    return ApiError(404, 10007, "Unknown Member")


def unknown_application() -> ApiError:
    """Refuse an application other than the bot's own."""
    return ApiError(404, 10002, "Unknown Application")


def unknown_channel() -> ApiError:
    """Refuse an id that no channel has."""
    return ApiError(404, 10003, "Unknown Channel")


def unknown_guild() -> ApiError:
    """Refuse a guild that is not there, or that the bot is not in."""
    return ApiError(404, 10004, "Unknown Guild")


def unknown_message() -> ApiError:
    """Refuse a message that is gone, or that is not for these eyes."""
    return ApiError(404, 10008, "Unknown Message")


def unknown_webhook() -> ApiError:
    """Refuse a webhook call for another application, or before the first answer."""
    return ApiError(404, 10015, "Unknown Webhook")


def unknown_interaction() -> ApiError:
    """Refuse a first answer that comes too late, or to nothing."""
    return ApiError(404, 10062, "Unknown interaction")


def unknown_command() -> ApiError:
    """Refuse a command id that is not registered."""
    return ApiError(404, 10063, "Unknown application command")


def too_many_attachments() -> ApiError:
    """Refuse an eleventh file in a message."""
    return ApiError(400, 30015, "Maximum number of attachments in a message reached (10)")


def too_many_commands(limit: int) -> ApiError:
    """Refuse a command more than an application may have."""
    return ApiError(400, 30032, f"Maximum number of application commands reached ({limit}).")


def too_many_old_edits(retry_after: float) -> ApiError:
    """Refuse yet another edit of a message older than an hour."""
    return ApiError(
        429,
        30046,
        "Maximum number of edits to messages older than 1 hour reached. Try again later.",
        extra={"retry_after": retry_after, "global": False},
        headers={"Via": "1.1 google", "Retry-After": f"{retry_after:.0f}"},
    )


def too_large() -> ApiError:
    """Refuse a file over the limit."""
    return ApiError(413, 40005, "Request entity too large")


def already_acknowledged() -> ApiError:
    """Refuse a second first answer."""
    return ApiError(400, 40060, "Interaction has already been acknowledged.")


def too_many_follow_ups() -> ApiError:
    """Refuse a sixth further message where the bot is there for one user alone."""
    message = "This interaction has hit the maximum number of follow up messages"
    return ApiError(400, 40094, message)


def missing_access() -> ApiError:
    """Refuse a channel that the bot can't see."""
    return ApiError(403, 50001, "Missing Access")


def not_in_direct() -> ApiError:
    """Refuse to delete what a user wrote in a direct channel."""
    return ApiError(403, 50003, "Cannot execute action on a DM channel")


def not_the_author() -> ApiError:
    """Refuse an edit of somebody else's message."""
    return ApiError(403, 50005, "Cannot edit a message authored by another user")


def empty_message() -> ApiError:
    """Refuse a message with nothing in it."""
    return ApiError(400, 50006, "Cannot send an empty message")


def closed_to_messages() -> ApiError:
    """Refuse a direct message to a user who takes none from the bot."""
    return ApiError(403, 50007, "Cannot send messages to this user")


def missing_permissions() -> ApiError:
    """Refuse what the bot may not do in that channel."""
    return ApiError(403, 50013, "Missing Permissions")


def invalid_webhook_token() -> ApiError:
    """Refuse an interaction's token that is made up, or older than 15 minutes."""
    return ApiError(401, 50027, "Invalid Webhook Token")


def invalid_json() -> ApiError:
    """Refuse a body that is not JSON."""
    return ApiError(400, 50109, "The request body contains invalid JSON.")


def no_history_to_reply_to() -> ApiError:
    """Refuse a reply where the bot can't read what was said before."""
    return ApiError(403, 160002, "Cannot reply without permission to read message history")


def not_found() -> ApiError:
    """Refuse a path that the API does not have."""
    return ApiError(404, 0, "404: Not Found")


def not_allowed() -> ApiError:
    """Refuse a method that the path does not have."""
    return ApiError(405, 0, "405: Method Not Allowed")

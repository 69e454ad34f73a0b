"""The errors of Discord's API, each with its HTTP status, code and message.

Codes: https://discord.com/developers/docs/topics/opcodes-and-status-codes#json
"""

from collections.abc import Mapping
from enum import Enum
from typing import Any

Json = dict[str, Any]


class ApiError(Exception):
    """A request that Discord rejects."""

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


class ErrorCode(Enum):
    """The errors that always look the same: HTTP status, code, message."""

    UNAUTHORIZED = 401, 0, "401: Unauthorized"
    NOT_FOUND = 404, 0, "404: Not Found"
    NOT_ALLOWED = 405, 0, "405: Method Not Allowed"
    UNKNOWN_APPLICATION = 404, 10002, "Unknown Application"
    UNKNOWN_CHANNEL = 404, 10003, "Unknown Channel"
    UNKNOWN_GUILD = 404, 10004, "Unknown Guild"
    UNKNOWN_ROLE = 404, 10011, "Unknown Role"
    UNKNOWN_MEMBER = 404, 10007, "Unknown Member"
    UNKNOWN_MESSAGE = 404, 10008, "Unknown Message"
    UNKNOWN_USER = 404, 10013, "Unknown User"
    UNKNOWN_WEBHOOK = 404, 10015, "Unknown Webhook"
    UNKNOWN_INTERACTION = 404, 10062, "Unknown interaction"
    UNKNOWN_COMMAND = 404, 10063, "Unknown application command"
    UNKNOWN_COMMAND_PERMISSIONS = 404, 10066, "Unknown application command permissions"
    TOO_MANY_ATTACHMENTS = 400, 30015, "Maximum number of attachments in a message reached (10)"
    TOO_LARGE = 413, 40005, "Request entity too large"
    ALREADY_ACKNOWLEDGED = 400, 40060, "Interaction has already been acknowledged."
    TOO_MANY_FOLLOW_UPS = (
        400,
        40094,
        "This interaction has hit the maximum number of follow up messages",
    )
    MISSING_ACCESS = 403, 50001, "Missing Access"
    NOT_IN_DIRECT = 403, 50003, "Cannot execute action on a DM channel"
    NOT_THE_AUTHOR = 403, 50005, "Cannot edit a message authored by another user"
    EMPTY_MESSAGE = 400, 50006, "Cannot send an empty message"
    CLOSED_TO_MESSAGES = 403, 50007, "Cannot send messages to this user"
    NO_TEXT_CHANNEL = 400, 50008, "Cannot send messages in a non-text channel"
    MISSING_PERMISSIONS = 403, 50013, "Missing Permissions"
    INVALID_WEBHOOK_TOKEN = 401, 50027, "Invalid Webhook Token"
    THREAD_ARCHIVED = 400, 50083, "Thread is archived"
    THREAD_LOCKED = 403, 160005, "This thread is locked"
    HARMFUL_LINK = 400, 240000, "Message blocked by harmful links filter"
    ENTRY_POINT_MISSING = (
        400,
        50240,
        (
            "You cannot remove this app's Entry Point command in a bulk update operation. Please "
            "include the Entry Point command in your update request or delete it separately."
        ),
    )
    INVALID_JSON = 400, 50109, "The request body contains invalid JSON."
    NO_HISTORY_TO_REPLY_TO = 403, 160002, "Cannot reply without permission to read message history"

    def error(self) -> ApiError:
        """Return the exception to raise."""
        return ApiError(*self.value)


def too_many_old_edits(retry_after: float) -> ApiError:
    """Reject a further edit of a message older than an hour; *retry_after* is in seconds."""
    return ApiError(
        429,
        30046,
        "Maximum number of edits to messages older than 1 hour reached. Try again later.",
        extra={"retry_after": retry_after, "global": False},
        headers={"Retry-After": f"{retry_after:.0f}"},
    )

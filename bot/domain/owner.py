"""Owners of leases: an id per start of a process, ``INSTANCE:token``.

Each start has a new id: jobs of an earlier process are recovered, never assumed to be running.
"""

from typing import Final

# No process has these names: a running bot takes the job over at once, and updates its card.
OPERATOR: Final = "operator"  # settled it by a command
MODERATOR: Final = "moderator"  # blocked its member


def owner_id(instance: str, token: str) -> str:
    """Return the owner id of a process. All tokens have the same length, and no colon."""
    return f"{instance}:{token}"


def instance_prefix(owner: str) -> str:
    """Return the beginning that all owner ids of that owner's INSTANCE share.

    An INSTANCE may contain colons, so ids of others may begin with it too: those have another
    length.
    """
    instance, colon, _ = owner.rpartition(":")
    return instance + colon

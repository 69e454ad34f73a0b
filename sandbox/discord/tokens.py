"""Bot tokens in Discord's form: user id, time of creation and signature, each as base64url."""

import secrets
import time
from base64 import urlsafe_b64encode

EPOCH = 1_293_840_000  # unix time of 2011-01-01, from which tokens count seconds
SIGNATURE_BYTES = 28


def new(user_id: str) -> str:
    """Return a new token of a bot; its signature is random."""
    created = (int(time.time()) - EPOCH).to_bytes(4, "big")
    parts = (user_id.encode(), created, secrets.token_bytes(SIGNATURE_BYTES))
    return ".".join(urlsafe_b64encode(part).decode().rstrip("=") for part in parts)

"""Codec of the vendor's API: reads submits, builds response bodies; pure.

The shapes are those of the vendor's page for AuraFlow v0.3.
"""

import json
from datetime import UTC, datetime
from typing import Any

from sandbox.pixazo.queue import Order, Request, Status, Webhook

MODEL = "auraflow-v0-3-512"
SUBMIT_PATH = f"/{MODEL}/v1/auraflow-v0-3-request"
STATUS_PATH = "/v2/requests/status/"
MODERATION_PATH = "/content-safety/v1/image-moderation"
KEY_HEADER = "Ocp-Apim-Subscription-Key"
MEDIA_TYPE = "image/png"
MAX_IMAGES = 4  # the model's limit; the gateway publishes none
OPTIONS: dict[str, tuple[str, tuple[type, ...]]] = {
    "num_images": ("an integer", (int,)),
    "guidance_scale": ("a number", (int, float)),
    "num_inference_steps": ("an integer", (int,)),
    "expand_prompt": ("a boolean", (bool,)),
}


class BadRequestError(ValueError):
    """The submit is invalid; the text goes to the client."""


def read_order(raw: bytes) -> Order:
    """Read a submit's body, or raise BadRequestError."""
    try:
        body = json.loads(raw)
    except ValueError:
        raise BadRequestError("The request body is not valid JSON") from None
    if not isinstance(body, dict):
        raise BadRequestError("The request body must be a JSON object")
    prompt = body.get("prompt")
    if not isinstance(prompt, str) or not prompt.strip():
        raise BadRequestError("'prompt' is required and must be a string")
    options: dict[str, Any] = {name: body[name] for name in OPTIONS if name in body}
    for name, value in options.items():
        kind, types = OPTIONS[name]
        if type(value) not in types:
            raise BadRequestError(f"'{name}' must be {kind}")
    order = Order(prompt=prompt, **options)
    if not 1 <= order.num_images <= MAX_IMAGES:
        raise BadRequestError(f"'num_images' must be between 1 and {MAX_IMAGES}")
    if order.num_inference_steps < 1 or order.guidance_scale < 0:
        raise BadRequestError("'num_inference_steps' and 'guidance_scale' must be positive")
    return order


def read_webhook(url: str | None, mode: str | None) -> Webhook | None:
    """Read the webhook headers; BadRequestError for plain http or an unknown mode."""
    if url is None:
        return None
    if not url.startswith("https://"):
        raise BadRequestError("X-Webhook-URL must be an HTTPS URL")
    match mode or "terminal":
        case "terminal" | "sync" as known:
            return Webhook(url=url, mode=known)
    raise BadRequestError("X-Webhook-Mode must be 'terminal' or 'sync'")


def accepted(request_id: str, origin: str) -> dict[str, object]:
    """Build the body of the 202."""
    return {
        "request_id": request_id,
        "status": Status.QUEUED,
        "polling_url": f"{origin}{STATUS_PATH}{request_id}",
    }


def status(request: Request, media: list[str]) -> dict[str, object]:
    """Build the body of a status response; all its times end in Z."""
    return _shape(request, media, _zulu(request.updated_at))


def callback(request: Request, media: list[str]) -> dict[str, object]:
    """Build a callback's body: as a status, but only `created_at` has a time zone."""
    updated = datetime.fromtimestamp(request.updated_at, UTC).strftime("%Y-%m-%d %H:%M:%S")
    return _shape(request, media, updated)


def _shape(request: Request, media: list[str], updated: str) -> dict[str, object]:
    done = request.status == Status.COMPLETED
    return {
        "request_id": request.request_id,
        "status": request.status,
        "model_id": MODEL,
        "error": request.error,
        "output": {"media_url": media, "media_type": MEDIA_TYPE} if done else None,
        "created_at": _zulu(request.created_at),
        "updated_at": updated,
        "completed_at": updated if request.ended else None,
    }


def _zulu(at: float) -> str:
    moment = datetime.fromtimestamp(at, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")

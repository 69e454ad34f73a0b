"""Builds images, uploads and components for requests."""

import io
import json

import aiohttp
from PIL import Image

V2 = 1 << 15  # the flag of Components V2


def picture(color: str = "navy", size: tuple[int, int] = (64, 48), kind: str = "PNG") -> bytes:
    raw = io.BytesIO()
    Image.new("RGB", size, color).save(raw, kind)
    return raw.getvalue()


def upload(payload, *files: bytes, names: str = "0123456789a") -> aiohttp.FormData:
    """Return a multipart body: *payload* as JSON (a string as it is), and PNG files."""
    form = aiohttp.FormData(quote_fields=False)
    form.add_field("payload_json", payload if isinstance(payload, str) else json.dumps(payload))
    for number, (name, data) in enumerate(zip(names, files, strict=False)):
        form.add_field(f"files[{number}]", io.BytesIO(data), filename=f"{name}.png")
    return form


def row(*components):
    return {"type": 1, "components": list(components)}


def button(custom_id="a", **more):
    return {"type": 2, "style": 1, "custom_id": custom_id, "label": "Go", **more}


def text(content="words"):
    return {"type": 10, "content": content}

"""Pictures to upload."""

import io

from PIL import Image


def picture(color: str = "navy", size: tuple[int, int] = (64, 48), kind: str = "PNG") -> bytes:
    raw = io.BytesIO()
    Image.new("RGB", size, color).save(raw, kind)
    return raw.getvalue()

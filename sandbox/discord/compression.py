"""Compression of what the gateway sends.

https://docs.discord.com/developers/events/gateway#encoding-and-compression
"""

import importlib
import zlib
from collections.abc import Callable

LARGE = 1024  # bytes from which payload compression acts

Compress = Callable[[str], str | bytes]


def payload(text: str) -> str | bytes:
    """Compress a large frame by itself."""
    raw = text.encode()
    return text if len(raw) < LARGE else zlib.compress(raw)


def _zlib_stream() -> Compress:
    context = zlib.compressobj()
    return lambda text: context.compress(text.encode()) + context.flush(zlib.Z_SYNC_FLUSH)


def _zstd_stream() -> Compress:
    """Return a context of zstandard, or of the standard library's module (Python 3.14)."""
    try:
        module = importlib.import_module("zstandard")
    except ImportError:
        built_in = importlib.import_module("compression.zstd").ZstdCompressor()
        return lambda text: bytes(built_in.compress(text.encode(), built_in.FLUSH_BLOCK))
    context = module.ZstdCompressor().compressobj()
    block = module.COMPRESSOBJ_FLUSH_BLOCK
    return lambda text: bytes(context.compress(text.encode()) + context.flush(block))


# By their names in the gateway's URL; each call begins a new context
TRANSPORT: dict[str, Callable[[], Compress]] = {
    "": lambda: str,
    "zlib-stream": _zlib_stream,
    "zstd-stream": _zstd_stream,
}

"""Decoder of answer bodies into text, whatever their headers say. Pure: no I/O."""

import json
import re
import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import Final

import brotli

LARGEST_ANSWER: Final = 1024 * 1024  # bytes of a body that are read, also after decompression

_LAYERS: Final = 3  # compressed again and again
_STEPS: Final = 4096  # pieces of a compressed body: only the piece with the error is lost
_SAMPLE: Final = 2048  # bytes that tell text from other data
_ODD: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffd]")  # rare in text
_CHARSET: Final = re.compile(r"charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)
_STATUS_LINE: Final = re.compile(rb"HTTP/\d\S* +(\d{3})\b[^\n]*\n")
_CHUNK_SIZE: Final = re.compile(rb"\r?\n?([0-9A-Fa-f]{1,8})[^\r\n]*\r?\n")


def texts(body: bytes, headers: Mapping[str, str]) -> list[str]:
    """Return the possible texts of *body*, the likeliest first; there is at least one."""
    raw = body[:LARGEST_ANSWER]
    for _ in range(_LAYERS):
        if (inner := _decompressed(raw)) is None:
            break
        raw = inner
    return list(dict.fromkeys(_decoded(raw, headers.get("Content-Type", ""))))


def split_answer(received: bytes) -> tuple[int, Mapping[str, str], bytes] | None:
    """Return status, headers and body of an answer as it came from the socket, cut or malformed.

    ``None``: its head is not complete.
    """
    rest = received
    while True:
        head, empty_line, rest = _partition(rest)
        status_line = _STATUS_LINE.match(head + b"\n")
        if not empty_line or status_line is None:
            return None
        if not status_line[1].startswith(b"1"):  # 1xx: the answer follows
            break
    headers: dict[str, str] = {}
    for line in head.decode("latin-1").splitlines()[1:]:
        name, colon, value = line.partition(":")
        if colon:
            headers.setdefault(name.strip().title(), value.strip())
    if "chunked" in headers.get("Transfer-Encoding", "").lower():
        rest = _dechunked(rest)
    return int(status_line[1]), headers, rest


def _partition(received: bytes) -> tuple[bytes, bytes, bytes]:
    match = re.search(rb"\r?\n\r?\n", received)
    if match is None:
        return received, b"", b""
    return received[: match.start()], match[0], received[match.end() :]


def _dechunked(rest: bytes) -> bytes:
    """Return the content of the chunks in *rest*; what is no chunk stays as it is."""
    body, position = bytearray(), 0
    while (size := _CHUNK_SIZE.match(rest, position)) is not None:
        position = size.end() + int(size[1], 16)
        body += rest[size.end() : position]
    return bytes(body + rest[position:])


def _decoded(raw: bytes, content_type: str) -> Iterator[str]:
    detected = json.detect_encoding(raw)
    declared = match[1] if (match := _CHARSET.search(content_type)) else detected
    for encoding, errors in ((detected, "strict"), (declared, "strict"), (detected, "replace")):
        try:
            yield raw.decode(encoding, errors).lstrip("\ufeff").replace("\x00", "")
        except (ValueError, LookupError):
            continue


def _decompressed(raw: bytes) -> bytes | None:
    """Return what *raw* holds compressed, as far as it can be read; ``None``: it is not so."""
    if not raw or _is_text(raw):
        return None
    readings = [
        _pieces(decompress, raw)
        for decompress in (_inflate(47), _inflate(-zlib.MAX_WBITS), _unbrotli())
    ]
    likely = [inner for inner in readings if _is_text(inner) or inner.startswith(b"\x1f\x8b")]
    # A wrong decompressor stops early, with little that looks like text.
    return max(likely, key=len, default=None) or None


def _inflate(window: int) -> Callable[[bytes, int], bytes]:
    """Return a decompressor; *window* is 47 for gzip or zlib, negative for raw deflate."""
    inflator = zlib.decompressobj(window)
    return lambda piece, limit: inflator.decompress(inflator.unconsumed_tail + piece, limit)


def _unbrotli() -> Callable[[bytes, int], bytes]:
    decompressor = brotli.Decompressor()
    return lambda piece, limit: bytes(decompressor.process(piece, output_buffer_limit=limit))


def _pieces(decompress: Callable[[bytes, int], bytes], raw: bytes) -> bytes:
    """Return what *decompress* makes of *raw* before an error and up to the largest size."""
    inner = bytearray()
    step = max(1, len(raw) // _STEPS)
    for start in range(0, len(raw), step):
        try:
            inner += decompress(raw[start : start + step], LARGEST_ANSWER - len(inner))
        except (zlib.error, brotli.error):
            break
        if len(inner) >= LARGEST_ANSWER:
            break
    return bytes(inner[:LARGEST_ANSWER])


def _is_text(raw: bytes) -> bool:
    sample = raw[:_SAMPLE]
    text = sample.decode(json.detect_encoding(sample), "replace")
    return len(_ODD.findall(text)) * 10 <= len(text)

"""Reads the bodies of requests, none of which may be of any size."""

from aiohttp import web


async def defer_continue(_request: web.Request) -> None:
    """Invite no body before its sender is known."""


async def receive_body(request: web.Request, largest: int) -> bytes:
    """Return the body, decompressed, of at most *largest* bytes; raises HTTPException."""
    size = request.content_length or 0
    if size > largest:
        raise web.HTTPRequestEntityTooLarge(largest, size)
    if request.headers.get("Expect", "").lower() == "100-continue":
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0  # no part of the answer
    body = bytearray()
    async for block in request.content.iter_any():
        body += block
        if len(body) > largest:
            raise web.HTTPRequestEntityTooLarge(largest, len(body))
    return bytes(body)

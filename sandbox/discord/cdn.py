"""The CDN: files of messages, and avatars drawn from a user's name."""

from html import escape

from aiohttp import web

from sandbox.discord.messages import Messages
from sandbox.discord.world import World

FOREVER = {"Cache-Control": "public, max-age=31536000, immutable"}


class Cdn:
    """The routes below /attachments and /avatars."""

    def __init__(self, world: World, messages: Messages) -> None:
        self._world = world
        self._messages = messages

    def routes(self) -> list[web.RouteDef]:
        """List the routes."""
        return [
            web.get("/attachments/{channel}/{id}/{filename}", self._attachment),
            web.get("/avatars/{user}.svg", self._avatar),
        ]

    async def _attachment(self, request: web.Request) -> web.Response:
        file = self._messages.files.get(request.match_info["id"])
        if file is None or file.filename != request.match_info["filename"]:
            raise web.HTTPNotFound
        headers = {"Content-Type": file.content_type, **FOREVER}
        return web.Response(body=file.data, headers=headers)

    async def _avatar(self, request: web.Request) -> web.Response:
        user = self._world.users.get(request.match_info["user"])
        if user is None:
            raise web.HTTPNotFound
        letter = escape(user.name[:1].upper())
        drawing = (
            '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 40">'
            f'<rect width="40" height="40" fill="{escape(user.color)}"/>'
            '<text x="20" y="27" font-family="sans-serif" font-size="20" font-weight="600" '
            f'fill="#fff" text-anchor="middle">{letter}</text></svg>'
        )
        return web.Response(text=drawing, content_type="image/svg+xml", headers=FOREVER)

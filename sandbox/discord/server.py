"""The stand-in of Discord as one local server: REST, gateway, CDN, and the chat page."""

from collections.abc import Iterable
from pathlib import Path
from typing import Self

from aiohttp import web

from sandbox.discord.backend import Backend
from sandbox.discord.cdn import Cdn
from sandbox.discord.interactions import InteractionCreated
from sandbox.discord.member import Member
from sandbox.discord.page import Page
from sandbox.discord.rate_limits import BanForm, Cloudflare, RateLimiter, Scope, refusal
from sandbox.discord.rest import API, discord_protocol
from sandbox.discord.rest_application import Application
from sandbox.discord.rest_channels import Channels
from sandbox.discord.rest_commands import CommandRoutes
from sandbox.discord.rest_webhooks import Webhooks
from sandbox.discord.world import MIB, World
from sandbox.faults import Fault, Faults, Respond
from sandbox.journal import Journal

MAX_REQUEST = 110 * MIB  # bytes: ten files at their limit and more
PAGE = Path(__file__).parents[1] / "page"


class Discord(Backend):
    """A local Discord on 127.0.0.1; an asynchronous context manager.

    *journal* and *faults* apply to the REST API only; *routes* are added to the server.
    """

    def __init__(
        self,
        world: World,
        journal: Journal,
        faults: Faults,
        *,
        port: int = 0,  # 0: any free port
        routes: Iterable[web.AbstractRouteDef] = (),
        page: Path = PAGE,
    ) -> None:
        super().__init__(world)
        self.journal = journal
        self.faults = faults
        self.cloudflare = Cloudflare(lambda: world.limits)
        self._page = Page(self)
        self._port = port
        self._runner = web.AppRunner(
            self._application(routes, page), access_log=None, shutdown_timeout=1.0
        )

    def _application(self, routes: Iterable[web.AbstractRouteDef], page: Path) -> web.Application:
        api = web.Application(
            middlewares=[
                self.journal.middleware,
                self.cloudflare.middleware,
                self.faults.middleware,
                discord_protocol(RateLimiter(lambda: self.world.limits)),
            ]
        )
        api.add_routes(Application(self.world).routes())
        api.add_routes(CommandRoutes(self.world, self.commands).routes())
        api.add_routes(Channels(self.world, self.messages).routes())
        api.add_routes(Webhooks(self.world, self.messages, self.interactions).routes())
        app = web.Application(client_max_size=MAX_REQUEST)
        app.add_subapp(API, api)
        app.add_routes(Cdn(self.world, self.messages).routes())
        app.add_routes(
            [web.get("/gateway", self.gateway.handle), web.get("/page/socket", self._page.handle)]
        )
        app.add_routes(routes)
        if page.is_dir():

            async def index(_: web.Request) -> web.FileResponse:
                return web.FileResponse(page / "index.html")

            app.router.add_get("/", index)
            app.router.add_static("/", page)
        return app

    async def __aenter__(self) -> Self:
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.world.origin = f"http://{host}:{port}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self.faults.clear()
        self.interactions.close()
        await self._page.close()
        await self.endpoint.close()
        self.gateway.drop(resumable=False)
        await self._runner.cleanup()

    @property
    def origin(self) -> str:
        """The base URL, without a trailing slash."""
        return self.world.origin

    @property
    def api_url(self) -> str:
        """The URL of the REST API."""
        return self.origin + API

    @property
    def gateway_url(self) -> str:
        """The URL of the gateway."""
        return self.world.gateway_url

    def member(self, name: str, *, channel: str | None = None, guild: str | None = None) -> Member:
        """Return a user's client in a channel, by default the direct channel with the bot."""
        user = self.world.user(name)
        where = self.world.channel(channel, guild=guild) if channel else self.world.direct(user.id)
        return Member(user, where, self)

    def replay(self, interaction_id: str) -> None:
        """Dispatch an interaction to the bot again."""
        self.world.publish(InteractionCreated(self.interactions.get(interaction_id)))

    def rate_limit(
        self,
        method: str,
        path: str,
        *,
        retry_after: float,
        scope: Scope = "user",
        times: float = 1,
        every: int = 1,
    ) -> Fault:
        """Answer *times* matching requests with 429, of each *every* that match the last.

        *path* is a pattern below the API.
        """
        respond = Respond(lambda request: refusal(scope, retry_after, request.path))
        fault = Fault(method=method, path=API + path, do=respond, times=times, every=every)
        return self.faults.add(fault)

    def cloudflare_ban(self, seconds: float, *, form: BanForm = "html") -> None:
        """Answer all requests to the API as Cloudflare does, for *seconds* from now."""
        self.cloudflare.ban(seconds, form)

    async def online(self, *, within: float = 10.0) -> None:
        """Wait until the bot takes interactions."""
        await self.world.wait(
            lambda: self.bot_online or None, within=within, what="bot at the gateway"
        )

    async def offline(self, *, within: float = 10.0) -> None:
        """Wait until the bot has no gateway session."""
        await self.world.wait(
            lambda: not self.gateway.online or None, within=within, what="end of the bot's session"
        )

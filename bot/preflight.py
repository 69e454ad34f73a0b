"""``python -m bot check``: tries the store, the vendor and Discord. Spends nothing."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final

import aiohttp
import discord
from aiohttp.resolver import DefaultResolver

from bot.client import prepare_discord
from bot.domain.job import State
from bot.errors import ImagineError
from bot.pixazo import origins
from bot.pixazo.client import PixazoClient
from bot.service.port_errors import KeyRejected, PixazoError, RequestNotFound
from bot.service.ports.vendor import NO_REQUEST
from bot.settings import Settings
from bot.store.database import Database
from bot.store.job_queries import JobQueries

LOOKED_AT: Final = 100  # orders that wait for their pictures


async def check(settings: Settings) -> AsyncIterator[tuple[bool, str]]:
    """Yield, for each check, whether it passed and a line of text."""
    yield True, "settings: complete"
    checks: tuple[tuple[str, Callable[[Settings], Awaitable[str]]], ...] = (
        ("store", _store),
        ("vendor", _vendor),
        ("Discord", _discord),
        ("media", _media),
    )
    for name, run in checks:
        try:
            yield True, f"{name}: {await run(settings)}"
        except (ImagineError, OSError, aiohttp.ClientError, discord.DiscordException) as error:
            yield False, f"{name}: {error}"


async def _store(settings: Settings) -> str:
    async with Database.open(settings.database_url.get_secret_value()) as database:
        await database.ping()
    return "opened, its tables are up to date"


async def _vendor(settings: Settings) -> str:
    async with PixazoClient.open(
        url=settings.pixazo_url,
        submit_path=settings.pixazo_submit_path,
        key=settings.pixazo_api_key.get_secret_value(),
        submit_timeout=settings.submit_timeout_seconds,
    ) as client:
        try:
            await client.status(NO_REQUEST)
        except RequestNotFound:
            return "answers, and takes PIXAZO_API_KEY"
        except KeyRejected as error:
            raise PixazoError(f"does not take PIXAZO_API_KEY ({error.status})") from error
    return "answers"


async def _media(settings: Settings) -> str:
    async with Database.open(settings.database_url.get_secret_value()) as database:
        jobs = await JobQueries(database).newest(State.COMPLETED, most=LOOKED_AT)
    resolver = DefaultResolver()
    try:
        problems = await origins.problems(
            settings.media_origins, (url for job in jobs for url in job.media), resolver
        )
    finally:
        await resolver.close()
    if problems:
        raise PixazoError("; ".join(problems))
    return "nothing is known that keeps pictures from being fetched"


async def _discord(settings: Settings) -> str:
    prepare_discord(api_url=settings.discord_api_url, gateway_url=settings.discord_gateway_url)
    async with discord.Client(intents=discord.Intents(guilds=True)) as client:
        try:
            await client.login(settings.discord_token.get_secret_value())
        except discord.LoginFailure:
            raise discord.LoginFailure("does not take DISCORD_TOKEN") from None
        return f"takes DISCORD_TOKEN, as {client.user}"

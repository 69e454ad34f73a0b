"""``python -m bot check``: tries the store, the vendor and Discord. Spends nothing."""

import asyncio
import datetime as dt
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Final

import aiohttp
import discord
from aiohttp.resolver import DefaultResolver

from bot import portal
from bot.alert_webhook import AlertWebhook
from bot.client import prepare_discord
from bot.domain.alerts import AlertKind, AlertMessage, AlertState
from bot.domain.gateway_starts import StartLimit
from bot.domain.job import State
from bot.errors import ImagineError, InvalidSettings
from bot.files import places
from bot.log import redactor
from bot.pixazo import origins, signing
from bot.pixazo.client import PixazoClient
from bot.proxies import shown
from bot.service.gateway_starts import token_name
from bot.service.port_errors import (
    AlertNotTaken,
    DiscordRefused,
    FilesUnavailable,
    KeyRejected,
    PixazoError,
    RequestNotFound,
)
from bot.service.ports.vendor import NO_REQUEST
from bot.settings import Settings
from bot.store.database import Database
from bot.store.job_queries import JobQueries
from bot.store.shard_leases import ShardLeases

CLOCK_WITHIN: Final = 30.0  # seconds
DATE_WITHIN: Final = 10.0  # seconds
RENEW_BEFORE: Final = dt.timedelta(days=30)  # the end of a certificate
ENDPOINT_WITHIN: Final = 10.0  # seconds
LOOKED_AT: Final = 100  # orders that wait for their pictures


async def check(settings: Settings, *, alert: bool = False) -> AsyncIterator[tuple[bool, str]]:
    """Yield, for each check, whether it passed and a line of text; with *alert* a test is sent."""
    yield True, "settings: complete"
    checks: tuple[tuple[str, Callable[[Settings], Awaitable[str]]], ...] = (
        ("store", _store),
        ("vendor", _vendor),
        ("Discord", _discord),
        ("portal", _portal),
        ("gateway", _gateway),
        ("media", _media),
        ("files", _files),
        ("signing", _signing),
        ("clock", _clock),
        ("proxies", _proxies),
        ("alerts", _test_alert if alert else _alerts),
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
        proxy=settings.proxies.of(settings.pixazo_url),
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
            settings.media_origins,
            (url for job in jobs for url in job.media),
            resolver,
            proxied=lambda host: settings.proxies.of(f"https://{host}") is not None,
        )
    finally:
        await resolver.close()
    if problems:
        raise PixazoError("; ".join(problems))
    return "nothing is known that keeps pictures from being fetched"


async def _files(settings: Settings) -> str:
    """Write, read and remove a small file where pictures wait."""
    bucket, folder, downloads = settings.bucket, settings.files_folder, settings.downloads
    place = f"{folder or downloads}" if bucket is None else f"the bucket {bucket.name}"
    async with places.opened(bucket, folder, downloads=downloads) as files:
        try:
            await files.probe()
        except FilesUnavailable as error:
            raise FilesUnavailable(f"{place} is not usable (FILES_URL): {error}") from None
    return f"pictures wait in {place}, where files can be written, read and removed"


async def _signing(settings: Settings) -> str:
    if (credentials := settings.credentials) is None:
        return "off"
    try:
        facts = await asyncio.to_thread(signing.check, credentials)
    except signing.NotSigned as error:
        raise PixazoError(str(error)) from error
    renew = dt.datetime.now(dt.UTC) > facts.ends_at - RENEW_BEFORE
    return (
        f"C2PA_CERTIFICATE and C2PA_KEY fit, of {facts.subject}, until {facts.ends_at:%Y-%m-%d}"
        f"{' (renew it soon)' if renew else ''}"
    )


async def _alerts(settings: Settings) -> str:
    if settings.alert_webhook_url is None:
        return "nobody is told of trouble: ALERT_WEBHOOK_URL is not set"
    return "go to ALERT_WEBHOOK_URL; --alert sends a test"


async def _test_alert(settings: Settings) -> str:
    if settings.alert_webhook_url is None:
        raise InvalidSettings(setting="ALERT_WEBHOOK_URL", reason="is not set")
    url = settings.alert_webhook_url.get_secret_value()
    message = AlertMessage(
        id=secrets.token_hex(8),
        kind=AlertKind.TEST,
        subject="",
        state=AlertState.EVENT,
        text="This is a test: alerts of the bot arrive here.",
        opened_at=time.time(),
    )
    async with AlertWebhook.open(
        url,
        instance=settings.instance,
        redact=redactor(settings.secrets),
        proxy=settings.proxies.of(url),
    ) as webhook:
        try:
            await webhook.send(message)
        except AlertNotTaken as error:
            raise AlertNotTaken(f"the receiver did not take the test: {error}") from None
    kind = "Discord" if webhook.is_discord else "the receiver"
    return f"{kind} took the test"


async def _discord(settings: Settings) -> str:
    async with _logged_in(settings) as client:
        return f"takes DISCORD_TOKEN, as {client.user}"


async def _portal(settings: Settings) -> str:
    async with _logged_in(settings) as client:
        application = await client.http.request(discord.http.Route("GET", "/applications/@me"))
    if problems := portal.problems(
        application,
        direct=settings.allow_direct,
        endpoint=settings.endpoint,
        key=settings.discord_public_key,
    ):
        raise DiscordRefused("; ".join(problems))
    public = application.get("bot_public", True)
    return "nothing is known that " + (
        "keeps commands from the bot" if public else "keeps commands from the bot (not public)"
    )


async def _gateway(settings: Settings) -> str:
    if settings.endpoint:
        return await _endpoint(settings, settings.endpoint)
    async with _logged_in(settings) as client:
        wanted, _, limit = await client.http.get_bot_gateway()
    count, left, total = settings.shards.count, limit["remaining"], limit["total"]
    starts = f"{left} of {total} starts left today"
    if settings.shards.leased:
        starts += f"; {await _holders(settings)}"
    if wanted > count:
        raise DiscordRefused(f"Discord wants {wanted} shards: set SHARD_COUNT; {starts}")
    if left <= StartLimit(total=total).reserve:
        hours = limit["reset_after"] / 3_600_000
        raise DiscordRefused(f"{starts}: the bot waits for {hours:.1f} h before it connects")
    return f"Discord wants {wanted} shards, SHARD_COUNT is {count}; {starts}"


async def _holders(settings: Settings) -> str:
    """Return which process has which shards, where they are taken by lease."""
    token = settings.discord_token.get_secret_value()
    async with Database.open(settings.database_url.get_secret_value()) as database:
        view = await ShardLeases(database).view(token_name(token), now=await database.now())
    held = [
        f"{member.owner} has {', '.join(map(str, view.held(member.owner))) or 'none'}"
        f" of {member.count}"
        for member in view.members
    ]
    return f"shards: {'; '.join(held) or 'no process takes them'}"


async def _endpoint(settings: Settings, endpoint: str) -> str:
    """Send an interaction that nobody signed: a running bot refuses it."""
    timeout = aiohttp.ClientTimeout(total=ENDPOINT_WITHIN)
    proxy = settings.proxies.of(endpoint)
    async with (
        aiohttp.ClientSession(timeout=timeout, proxy=proxy) as session,
        session.post(endpoint, json={"type": 1}, allow_redirects=False) as answer,
    ):
        if answer.status != HTTPStatus.UNAUTHORIZED:
            raise OSError(f"{endpoint} answers {answer.status}, not 401: does the bot run there?")
    return f"not used; the bot is reached at {endpoint}"


@asynccontextmanager
async def _logged_in(settings: Settings) -> AsyncIterator[discord.Client]:
    prepare_discord(api_url=settings.discord_api_url, gateway_url=settings.discord_gateway_url)
    proxy = settings.proxies.of(settings.discord_api_url)
    async with discord.Client(intents=discord.Intents(guilds=True), proxy=proxy) as client:
        try:
            await client.login(settings.discord_token.get_secret_value())
        except discord.LoginFailure:
            raise discord.LoginFailure("does not take DISCORD_TOKEN") from None
        yield client


async def _clock(settings: Settings) -> str:
    differences = {
        name: await _ahead(settings, address)
        for name, address in (
            ("Discord", f"{settings.discord_api_url}/gateway"),
            ("the vendor", settings.pixazo_url),
        )
    }
    said = ", ".join(
        f"{name} did not say" if ahead is None else f"{ahead:+.0f} s from {name}"
        for name, ahead in differences.items()
    )
    if any(ahead is not None and abs(ahead) > CLOCK_WITHIN for ahead in differences.values()):
        raise OSError(f"this machine's clock is wrong: {said}")
    return said


async def _ahead(settings: Settings, address: str) -> float | None:
    """Return by how many seconds this machine's clock is ahead of a host's; ``None``: unknown."""
    timeout = aiohttp.ClientTimeout(total=DATE_WITHIN)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout, proxy=settings.proxies.of(address)) as session,
            session.get(address, allow_redirects=False) as answer,
        ):
            if "Age" in answer.headers or "X-Cached" in answer.headers:
                return None  # a proxy gives it from memory, with its date
            return time.time() - parsedate_to_datetime(answer.headers["Date"]).timestamp()
    except (aiohttp.ClientError, OSError, KeyError, ValueError):
        return None


async def _proxies(settings: Settings) -> str:
    places = {
        "Discord": settings.discord_api_url,
        "its gateway": settings.discord_gateway_url,
        "the vendor": settings.pixazo_url,
        **{origin.address: origin.address for origin in settings.media_origins},
    }
    used = {name: settings.proxies.of(address) for name, address in places.items()}
    if not any(used.values()):
        return "none is used"
    return ", ".join(f"{name}: {shown(proxy) if proxy else 'none'}" for name, proxy in used.items())

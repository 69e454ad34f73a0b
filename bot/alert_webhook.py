"""Sends alerts to ALERT_WEBHOOK_URL: a message to Discord, a JSON body to others."""

import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, Final, Self

import aiohttp
from yarl import URL

from bot import __version__
from bot.domain.alerts import AlertMessage, AlertState
from bot.service.port_errors import AlertNotTaken

TIMEOUT: Final = 10.0  # seconds
SUPPRESS_EMBEDS: Final = 1 << 2
_DISCORD: Final = re.compile(r"/api(/v\d+)?/webhooks/\d+/[\w-]+/?")
_MARKS: Final = {
    AlertState.OPEN: "\N{LARGE RED CIRCLE}",
    AlertState.OVER: "\N{LARGE GREEN CIRCLE}",
    AlertState.EVENT: "\N{LARGE BLUE CIRCLE}",
}
_TITLES: Final = {
    AlertState.OPEN: "Imagine: trouble",
    AlertState.OVER: "Imagine: over",
    AlertState.EVENT: "Imagine",
}


class AlertWebhook:
    """Client of the operator's webhook. No error names its address, which is a secret."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        url: str,
        *,
        instance: str,
        redact: Callable[[str], str] = lambda text: text,
    ) -> None:
        self._session = session
        self._url = URL(url)
        self._instance = instance
        self._redact = redact

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        url: str,
        *,
        instance: str,
        redact: Callable[[str], str],
        proxy: str | None = None,
    ) -> AsyncIterator[Self]:
        """Open a client with a new HTTP session."""
        async with aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=TIMEOUT),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": f"Imagine/{__version__}"},
            proxy=proxy,
        ) as session:
            yield cls(session, url, instance=instance, redact=redact)

    @property
    def is_discord(self) -> bool:
        """Whether the address is that of a webhook of Discord's."""
        return _DISCORD.fullmatch(self._url.path) is not None

    async def send(self, message: AlertMessage) -> None:
        """Send a message. Raises AlertNotTaken."""
        text = self._redact(message.text)
        if self.is_discord:
            url, body = self._url.update_query(wait="true"), _discord_body(message, text)
        else:
            url, body = self._url, _body(message, text, instance=self._instance)
        try:
            async with self._session.post(url, json=body, allow_redirects=False) as answer:
                if answer.ok and not answer.history and answer.status < 300:  # noqa: PLR2004  2xx
                    return
                status, retry_after = answer.status, answer.headers.get("Retry-After", "")
        except (aiohttp.ClientError, OSError) as error:  # and every time-out
            # Not the error itself: it may name the address.
            raise AlertNotTaken(f"not reached ({type(error).__name__})") from None
        seconds = float(retry_after) if re.fullmatch(r"\d+(\.\d+)?", retry_after) else 0.0
        raise AlertNotTaken(f"answered {status}", status=status, retry_after=seconds)


def _discord_body(message: AlertMessage, text: str) -> Mapping[str, Any]:
    about = ", ".join(filter(None, (message.kind, message.subject)))
    return {
        "content": f"{_MARKS[message.state]} {text}\n-# {about} · <t:{int(message.opened_at)}:f>",
        "allowed_mentions": {"parse": []},
        "flags": SUPPRESS_EMBEDS,
    }


def _body(message: AlertMessage, text: str, *, instance: str) -> Mapping[str, Any]:
    title = _TITLES[message.state]
    return {
        "text": f"{title}: {text}" if message.state is AlertState.EVENT else f"{title}. {text}",
        "title": title,
        "message": text,
        "id": message.id,
        "kind": message.kind,
        "subject": message.subject,
        "state": message.state,
        "opened_at": _written(message.opened_at),
        "closed_at": _written(message.closed_at),
        "instance": instance,
        "version": __version__,
    }


def _written(moment: float | None) -> str | None:
    if moment is None:
        return None
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="seconds")

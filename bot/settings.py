"""The operator's settings, read once from the environment and ``.env``, and passed on."""

import os
import platform
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self
from urllib.parse import quote

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PlainValidator,
    SecretStr,
    ValidationError,
    model_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError
from yarl import URL

from bot.domain.rules import LANGUAGES
from bot.domain.shards import Shards
from bot.errors import InvalidSettings
from bot.pixazo.origins import Origin
from bot.proxies import Proxies

SQLITE: Final = "sqlite+aiosqlite"  # the usual scheme; the driver is the standard library's
POSTGRESQL: Final = "postgresql+asyncpg"

_POSTGRESQL_OPTIONS: Final = frozenset({"host", "port", "ssl"})


def _split(value: Any) -> Any:
    """Split comma-separated text; empty text is an empty list."""
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


def _url(*schemes: str) -> AfterValidator:
    """Return a validator: a URL with one of *schemes* and a host, without secrets in it."""

    def check(text: str) -> str:
        url = URL(text)
        if url.scheme not in schemes or not url.host:
            raise ValueError(f"must be an address that begins with {' or '.join(schemes)}://")
        if url.user or url.password or url.query_string or url.fragment:
            raise ValueError("must be an address without user, query or fragment")
        return text.rstrip("/")

    return AfterValidator(check)


def _database(secret: SecretStr) -> SecretStr:
    """Refuse unsupported databases. Messages must not quote the URL: it may contain a password."""
    try:
        url = make_url(secret.get_secret_value())
    except (ArgumentError, ValueError):
        url = None
    if url is None or not url.database or url.drivername not in {SQLITE, POSTGRESQL}:
        raise ValueError(f"must be {SQLITE}:///path or {POSTGRESQL}://user:password@host/database")
    if url.drivername == POSTGRESQL and not set(url.query) <= _POSTGRESQL_OPTIONS:
        raise ValueError(f"may have no options but {', '.join(sorted(_POSTGRESQL_OPTIONS))}")
    return secret


def _path(text: str) -> str:
    if not text.startswith("/") or "?" in text or "#" in text:
        raise ValueError("must be a path that begins with /")
    return text


def _origin(value: str | Origin) -> Origin:
    return value if isinstance(value, Origin) else Origin.parse(value)


def _secret(secret: SecretStr) -> SecretStr:
    """Strip line ends, and refuse characters that an HTTP header cannot contain."""
    text = secret.get_secret_value().strip()
    if not text or not text.isascii() or not text.isprintable():
        raise ValueError("must be one line of plain characters")
    return SecretStr(text)


def _language(text: str) -> str:
    if text not in LANGUAGES:
        raise ValueError(f"must be one of {', '.join(LANGUAGES)}")
    return text


def _proxy(secret: SecretStr | None) -> SecretStr | None:
    """Refuse proxies that aiohttp can't use. Messages must not quote it: it may have a password."""
    if secret is None:
        return None
    text = secret.get_secret_value()
    try:
        url = URL(text if "://" in text else f"http://{text}")
    except ValueError:
        url = URL()
    if url.scheme not in {"http", "https"} or not url.host:
        raise ValueError("must be an address that begins with http://; SOCKS is not supported")
    return SecretStr(str(url.with_path("/").with_query(None).with_fragment(None)))


_Proxy = Annotated[SecretStr | None, AfterValidator(_proxy)]
_Secret = Annotated[SecretStr, AfterValidator(_secret)]
_Web = Annotated[str, _url("http", "https")]
_Seconds = Annotated[float, Field(gt=0, allow_inf_nan=False)]
_Count = Annotated[int, Field(ge=0)]
_Ids = Annotated[tuple[Annotated[int, Field(ge=0)], ...], NoDecode, BeforeValidator(_split)]
_Origins = Annotated[
    tuple[Annotated[Origin, PlainValidator(_origin)], ...],
    NoDecode,
    BeforeValidator(_split),
    Field(min_length=1),
]


class Settings(BaseSettings):
    """All settings, by their names in the environment; times in seconds. A repr shows no secret."""

    model_config = SettingsConfigDict(
        env_file=".env",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
    )

    discord_token: _Secret
    pixazo_api_key: _Secret

    database_url: Annotated[SecretStr, AfterValidator(_database)] = SecretStr(
        f"{SQLITE}:///data/imagine.db"
    )
    public_url: Annotated[str, _url("https")] | None = None
    callback_mode: Literal["sync", "terminal"] = "sync"
    web_host: str = "127.0.0.1"
    web_port: Annotated[int, Field(ge=0, le=65535)] = 8080

    http_proxy: _Proxy = None
    https_proxy: _Proxy = None
    no_proxy: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)] = ()

    discord_api_url: _Web = "https://discord.com/api/v10"
    discord_gateway_url: Annotated[str, _url("ws", "wss")] = "wss://gateway.discord.gg"
    pixazo_url: _Web = "https://gateway.pixazo.ai"
    pixazo_submit_path: Annotated[str, AfterValidator(_path)] = (
        "/auraflow-v0-3-512/v1/auraflow-v0-3-request"
    )
    media_origins: _Origins = (Origin.parse("https://*.r2.dev"),)

    poll_seconds: _Seconds = 5.0
    lane_width: Annotated[int, Field(ge=1)] = 16
    lane_rate_per_minute: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 60.0
    balance_probe_seconds: _Seconds = 300.0
    submit_timeout_seconds: _Seconds = 30.0
    job_deadline_seconds: _Seconds = 3600.0
    lease_seconds: _Seconds = 30.0

    price_per_image_usd: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.001
    guild_ids: _Ids = ()
    max_images_per_day: _Count = 500
    max_images_per_guild_per_day: _Count = 100
    allow_direct: bool = False
    default_language: Annotated[str, AfterValidator(_language)] = LANGUAGES[0]
    keep_files_days: _Count = 7
    keep_orders_days: _Count = 90

    shard_count: Annotated[int, Field(ge=1)] | None = None
    shard_ids: _Ids = ()
    instance: Annotated[str, Field(min_length=1, max_length=100)] = platform.node() or "imagine"

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"] = "INFO"
    log_format: Literal["text", "json"] = "text"

    @model_validator(mode="after")
    def _shards_fit(self) -> Self:
        if self.shard_ids and (self.shard_count is None or max(self.shard_ids) >= self.shard_count):
            raise ValueError("SHARD_IDS: must be below SHARD_COUNT, which must be set")
        return self

    @property
    def shards(self) -> Shards:
        """The shards of this process: all, unless SHARD_IDS names some."""
        count = self.shard_count or 1
        return Shards(count=count, ids=frozenset(self.shard_ids or range(count)))

    @classmethod
    def read(cls) -> Self:
        """Read the environment and ``.env``.

        Raises InvalidSettings; its message does not show the value.
        """
        try:
            return cls()  # type: ignore[call-arg]  # the environment gives the arguments
        except ValidationError as error:
            raise _invalid_settings(error) from None
        except UnicodeDecodeError:
            raise InvalidSettings(setting=".env", reason="must be a text in UTF-8") from None

    @property
    def proxies(self) -> Proxies:
        """The proxies of all requests but those to the database."""
        plain, secure = self.http_proxy, self.https_proxy
        return Proxies(
            plain=plain.get_secret_value() if plain else None,
            secure=secure.get_secret_value() if secure else None,
            bypassed=self.no_proxy,
        )

    @property
    def folder(self) -> Path:
        """The folder for files to deliver: that of the SQLite file, or ``data``."""
        url = make_url(self.database_url.get_secret_value())
        return Path(url.database or "").parent if url.drivername == SQLITE else Path("data")

    @property
    def secrets(self) -> tuple[str, ...]:
        """Texts that must not appear in a log."""
        address = self.database_url.get_secret_value()
        password = make_url(address).password
        proxies = [URL(proxy) for proxy in (self.proxies.plain, self.proxies.secure) if proxy]
        return (
            self.discord_token.get_secret_value(),
            self.pixazo_api_key.get_secret_value(),
            *(text for url in proxies if url.password for text in (str(url), url.password)),
            *((address, password, quote(password, safe="")) if password else ()),
        )


def _invalid_settings(error: ValidationError) -> InvalidSettings:
    """Return one error for all wrong settings, in one line."""
    reasons: dict[str, str] = {}
    for detail in error.errors(include_url=False, include_input=False):
        missing = detail["type"] == "missing"
        reason = "is missing" if missing else detail["msg"].removeprefix("Value error, ")
        if detail["loc"]:
            reasons.setdefault(str(detail["loc"][0]).upper(), reason)
        else:
            name, _, reason = reason.partition(": ")
            reasons.setdefault(name, reason)
    (setting, first), *others = reasons.items()
    reason = "; ".join([first, *(f"{name}: {reason}" for name, reason in others)])
    return InvalidSettings(setting=setting, reason=reason.replace(os.linesep, " "))

"""The operator's settings, from the environment and ``.env``: read once, passed on, not global."""

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

from bot.domain.shards import Shards
from bot.errors import InvalidSettings
from bot.pixazo.origins import Origin

SQLITE: Final = "sqlite+aiosqlite"  # as people know it; the driver is Python's own
POSTGRESQL: Final = "postgresql+asyncpg"

_POSTGRESQL_OPTIONS: Final = frozenset({"host", "port", "ssl"})


def _listed(value: Any) -> Any:
    """Split a comma-separated text; an empty one is an empty list."""
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


def _url(*schemes: str) -> AfterValidator:
    """Return a check for an address with one of *schemes*, a host, and no secrets in it."""

    def check(text: str) -> str:
        url = URL(text)
        if url.scheme not in schemes or not url.host:
            raise ValueError(f"must be an address that begins with {' or '.join(schemes)}://")
        if url.user or url.password or url.query_string or url.fragment:
            raise ValueError("must be an address without user, query or fragment")
        return text.rstrip("/")

    return AfterValidator(check)


def _database(secret: SecretStr) -> SecretStr:
    """Refuse what is no database of ours; the words must not quote what may hold a password."""
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
    """Trim what a file with foreign line ends leaves behind; refuse what no header can carry."""
    text = secret.get_secret_value().strip()
    if not text or not text.isascii() or not text.isprintable():
        raise ValueError("must be one line of plain characters")
    return SecretStr(text)


_Secret = Annotated[SecretStr, AfterValidator(_secret)]
_Web = Annotated[str, _url("http", "https")]
_Seconds = Annotated[float, Field(gt=0, allow_inf_nan=False)]
_Count = Annotated[int, Field(ge=0)]
_Ids = Annotated[tuple[Annotated[int, Field(ge=0)], ...], NoDecode, BeforeValidator(_listed)]
_Origins = Annotated[
    tuple[Annotated[Origin, PlainValidator(_origin)], ...],
    NoDecode,
    BeforeValidator(_listed),
    Field(min_length=1),
]


class Settings(BaseSettings):
    """Every setting, by the name it has in the environment, in lower case.

    Secrets never show in a ``repr``. Times are in seconds.
    """

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
        """The shards of this process: all of them, unless it is told which."""
        count = self.shard_count or 1
        return Shards(count=count, ids=frozenset(self.shard_ids or range(count)))

    @classmethod
    def read(cls) -> Self:
        """Read the environment and ``.env``.

        Raises InvalidSettings, which names what is missing or wrong, never its
        value.
        """
        try:
            return cls()  # type: ignore[call-arg]  # the environment gives the arguments
        except ValidationError as error:
            raise _bad(error) from None
        except UnicodeDecodeError:
            raise InvalidSettings(setting=".env", reason="must be a text in UTF-8") from None

    @property
    def folder(self) -> Path:
        """The folder for files that wait to be delivered: beside a store that is a file."""
        url = make_url(self.database_url.get_secret_value())
        return Path(url.database or "").parent if url.drivername == SQLITE else Path("data")

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must not show in a log."""
        address = self.database_url.get_secret_value()
        password = make_url(address).password
        return (
            self.discord_token.get_secret_value(),
            self.pixazo_api_key.get_secret_value(),
            *((address, password, quote(password, safe="")) if password else ()),
        )


def _bad(error: ValidationError) -> InvalidSettings:
    """Return one line for all that is wrong, the settings' names first."""
    found: dict[str, str] = {}
    for detail in error.errors(include_url=False, include_input=False):
        words = detail["msg"].removeprefix("Value error, ")
        if detail["type"] == "missing":
            words = "is missing"
        if detail["loc"]:
            found.setdefault(str(detail["loc"][0]).upper(), words)
        else:
            name, _, rest = words.partition(": ")
            found.setdefault(name, rest)
    first, *others = found.items()
    reason = "; ".join([first[1], *(f"{name}: {words}" for name, words in others)])
    return InvalidSettings(setting=first[0], reason=reason.replace(os.linesep, " "))

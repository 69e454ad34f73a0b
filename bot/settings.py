"""The operator's settings, read once from the environment and ``.env``, and passed on."""

import math
import os
import platform
import re
import shlex
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from pathlib import Path
from typing import Annotated, Any, ClassVar, Final, Literal, Self, TypeVar, get_args, get_type_hints
from urllib.parse import quote

from dotenv import dotenv_values
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError
from yarl import URL

from bot.domain.flag_conditions import FlagCondition
from bot.domain.money import read_dollars
from bot.domain.rules import LANGUAGES
from bot.domain.shards import Shards
from bot.errors import InvalidSettings
from bot.files.address import Bucket, bucket_faults, read_files_url
from bot.pixazo.origins import Origin
from bot.pixazo.signing import ALGORITHMS, Credentials
from bot.proxies import Proxies

SQLITE: Final = "sqlite+aiosqlite"  # the usual scheme; the driver is the standard library's
POSTGRESQL: Final = "postgresql+asyncpg"

_POSTGRESQL_OPTIONS: Final = frozenset({"host", "port", "ssl"})


_TRUE: Final = frozenset({"1", "true", "t", "yes", "y", "on"})
_FALSE: Final = frozenset({"0", "false", "f", "no", "n", "off"})
_KEY: Final = re.compile("[0-9a-fA-F]{64}")
_LONGEST_NAME: Final = 100  # characters of INSTANCE
_LONGEST_LINK: Final = 512  # characters of a link in a message

_LOCAL: Final = {("http", host) for host in ("127.0.0.1", "localhost", "::1")}

T = TypeVar("T")


@dataclass(frozen=True)
class Secret:
    """A text that no repr shows."""

    _text: str = field(repr=False)

    def get_secret_value(self) -> str:
        """Return the text."""
        return self._text


# Readers of one setting. A ValueError says why its text is refused, and does not quote it.


def _number(
    kind: type[float], least: float, most: float = math.inf, *, above: bool = False
) -> Callable[[str], Any]:
    """Return a reader of a number from *least* to *most*, or *above* the former."""
    whole = "whole number" if kind is int else "number"
    bounds = f"{'above' if above else 'of at least'} {least:g}"
    bounds += "" if math.isinf(most) else f" and at most {most:g}"

    def read(text: str) -> float:
        try:
            number = kind(text)
        except ValueError:
            number = math.nan
        if not math.isfinite(number) or not least <= number <= most or (above and number == least):
            raise ValueError(f"must be a {whole} {bounds}")
        return number

    return read


def _list(read: Callable[[str], T]) -> Callable[[str], tuple[T, ...]]:
    """Return a reader of a comma-separated list."""
    return lambda text: tuple(read(part.strip()) for part in text.split(",") if part.strip())


def _choice(*choices: str) -> Callable[[str], Any]:
    def read(text: str) -> str:
        if text not in choices:
            raise ValueError(f"must be one of {', '.join(choices)}")
        return text

    return read


def _flag(text: str) -> bool:
    if text.lower() not in _TRUE | _FALSE:
        raise ValueError("must be true or false")
    return text.lower() in _TRUE


def _shard_ids(text: str) -> tuple[int, ...] | Literal["auto"]:
    if text.lower() == "auto":
        return "auto"
    try:
        return _list(_number(int, 0))(text)
    except ValueError as error:
        raise ValueError(f"{error}; or auto") from None


def _name(text: str) -> str:
    if len(text) > _LONGEST_NAME:
        raise ValueError(f"must have at most {_LONGEST_NAME} characters")
    return text


def _url(*schemes: str) -> Callable[[str], str]:
    """Return a reader of a URL with one of *schemes* and a host, without secrets in it."""

    def read(text: str) -> str:
        url = _parsed(text)
        if url.scheme not in schemes or not url.host:
            raise ValueError(f"must be an address that begins with {' or '.join(schemes)}://")
        if url.user or url.password or url.query_string or url.fragment:
            raise ValueError("must be an address without user, query or fragment")
        return str(url).rstrip("/")  # as requests have it, whose address is compared with it

    return read


def _link(text: str) -> str:
    """Return the https address of a page, with nothing in it that would end a link's markup."""
    url = _parsed(text)
    link = str(url).replace("(", "%28").replace(")", "%29")
    if url.scheme != "https" or not url.host or url.user or url.password:
        raise ValueError("must be an address that begins with https://, without user")
    if len(link) > _LONGEST_LINK:
        raise ValueError(f"must have at most {_LONGEST_LINK} characters")
    return link


def _parsed(text: str) -> URL:
    try:
        return URL(text)
    except ValueError:
        return URL()


def _database(text: str) -> Secret:
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        url = None
    if url is None or not url.database or url.drivername not in {SQLITE, POSTGRESQL}:
        raise ValueError(f"must be {SQLITE}:///path or {POSTGRESQL}://user:password@host/database")
    if url.drivername == POSTGRESQL and not set(url.query) <= _POSTGRESQL_OPTIONS:
        raise ValueError(f"may have no options but {', '.join(sorted(_POSTGRESQL_OPTIONS))}")
    return Secret(text)


def _path(text: str) -> str:
    if not text.startswith("/") or "?" in text or "#" in text:
        raise ValueError("must be a path that begins with /")
    return text


def _origins(text: str) -> tuple[Origin, ...]:
    origins = _list(Origin.parse)(text)
    if not origins:
        raise ValueError("must be origins: scheme://host[:port]")
    return origins


def _command(text: str) -> tuple[str, ...]:
    """Split a command into its arguments, as a shell would; no shell runs it."""
    try:
        return tuple(shlex.split(text))
    except ValueError:
        raise ValueError("must be a command whose quotation marks are closed") from None


def _secret(text: str) -> Secret:
    """Strip line ends, and refuse characters that an HTTP header cannot contain."""
    text = text.strip()
    if not text or not text.isascii() or not text.isprintable():
        raise ValueError("must be one line of plain characters")
    return Secret(text)


def _webhook(text: str) -> Secret:
    """Return an https address, whose path or query is a token; on this machine also http."""
    url = _parsed(text.strip())
    if not url.host or (url.scheme != "https" and (url.scheme, url.host) not in _LOCAL):
        raise ValueError("must be an address that begins with https://")
    return Secret(text.strip())


def _proxy(text: str) -> Secret:
    """Refuse proxies that aiohttp can't use."""
    url = _parsed(text if "://" in text else f"http://{text}")
    if url.scheme not in {"http", "https"} or not url.host:
        raise ValueError("must be an address that begins with http://; SOCKS is not supported")
    return Secret(str(url.with_path("/").with_query(None).with_fragment(None)))


def _key(text: str) -> str:
    """Refuse what is no public key of Ed25519."""
    if not _KEY.fullmatch(text):
        raise ValueError("must be the 64 hexadecimal digits of the page General Information")
    return text.lower()


_Check = Literal["off", "command", "gateway"]
_Away = Literal["deliver", "hold"]
_Mode = Literal["sync", "terminal"]
_Interactions = Literal["gateway", "http"]
_Level = Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"]
_Format = Literal["text", "json"]
_Flag = Annotated[bool, _flag]
_Text = Annotated[str, str]
_File = Annotated[Path | None, Path]
_Webhook = Annotated[Secret | None, _webhook]
_Proxy = Annotated[Secret | None, _proxy]
_Secret = Annotated[Secret, _secret]
_Web = Annotated[str, _url("http", "https")]
_Link = Annotated[str | None, _link]
_Positive = Annotated[float, _number(float, 0, above=True)]
_Usd = Annotated[int, read_dollars]
_Count = Annotated[int, _number(int, 0)]
_Plain = Annotated[str | None, str.strip]
_Hidden = Annotated[Secret | None, lambda text: Secret(text.strip())]
_Ids = Annotated[tuple[int, ...], _list(_number(int, 0))]
_ShardIds = Annotated[tuple[int, ...] | Literal["auto"], _shard_ids]

_FILE: Final = Secret(f"{SQLITE}:///data/imagine.db")
_ORIGINS: Final = (Origin.parse("https://*.r2.dev"),)
_HOST: Final = platform.node() or "imagine"


@dataclass(frozen=True, init=False)
class Settings:
    """All settings, by their names in the environment; times in seconds. A repr shows no secret."""

    model_fields: ClassVar[Mapping[str, Field[Any]]]

    discord_token: _Secret
    pixazo_api_key: _Secret

    database_url: Annotated[Secret, _database] = _FILE
    files_url: Annotated[Path | tuple[str, str] | None, read_files_url] = None
    # Of the bucket; looked at only if FILES_URL is one, since the machine may have them for others.
    aws_endpoint_url: _Plain = None
    aws_region: _Plain = None
    aws_access_key_id: _Hidden = None
    aws_secret_access_key: _Hidden = None
    aws_session_token: _Hidden = None
    aws_allow_http: _Plain = None
    public_url: Annotated[str | None, _url("https")] = None
    callback_mode: Annotated[_Mode, _choice(*get_args(_Mode))] = "sync"
    web_host: _Text = "127.0.0.1"
    web_port: Annotated[int, _number(int, 0, 65535)] = 8080

    interactions: Annotated[_Interactions, _choice(*get_args(_Interactions))] = "gateway"
    discord_public_key: Annotated[str | None, _key] = None
    drain_seconds: Annotated[float, _number(float, 0, 300)] = 10.0

    http_proxy: _Proxy = None
    https_proxy: _Proxy = None
    no_proxy: Annotated[tuple[str, ...], _list(str)] = ()

    discord_api_url: _Web = "https://discord.com/api/v10"
    discord_gateway_url: Annotated[str, _url("ws", "wss")] = "wss://gateway.discord.gg"
    pixazo_url: _Web = "https://gateway.pixazo.ai"
    pixazo_submit_path: Annotated[str, _path] = "/auraflow-v0-3-512/v1/auraflow-v0-3-request"
    media_origins: Annotated[tuple[Origin, ...], _origins] = _ORIGINS

    poll_seconds: _Positive = 5.0
    lane_width: Annotated[int, _number(int, 1)] = 16
    lane_rate_per_minute: _Positive = 60.0
    balance_probe_seconds: _Positive = 300.0
    submit_timeout_seconds: _Positive = 30.0
    job_deadline_seconds: _Positive = 3600.0
    lease_seconds: _Positive = 30.0

    # Millionths of a dollar; the texts are in dollars.
    price_per_image_usd: _Usd = 1000
    price_per: Annotated[Literal["image", "request"], _choice("image", "request")] = "image"
    show_costs: _Flag = True
    max_usd_per_day: _Usd = 0
    max_usd_per_month: _Usd = 0
    max_usd_per_guild_per_month: _Usd = 0
    guild_ids: _Ids = ()
    max_images_per_day: _Count = 500
    max_images_per_guild_per_day: _Count = 100
    allow_direct: _Flag = False
    mark_images: _Flag = True
    c2pa_certificate: _File = None
    c2pa_key: _File = None
    c2pa_algorithm: Annotated[str, _choice(*ALGORITHMS)] = ALGORITHMS[0]
    c2pa_timestamp_url: Annotated[str | None, _url("http", "https")] = None
    picture_check: Annotated[_Check, _choice(*get_args(_Check))] = "off"
    picture_check_command: Annotated[tuple[str, ...], _command] = ()
    picture_check_path: Annotated[str, _path] = "/content-safety/v1/image-moderation"
    picture_check_flags: Annotated[tuple[FlagCondition, ...], _list(FlagCondition.parse)] = ()
    picture_check_away: Annotated[_Away, _choice(*get_args(_Away))] = "deliver"
    picture_check_seconds: _Positive = 20.0
    picture_check_at_once: Annotated[int, _number(int, 1)] = 2
    default_language: Annotated[str, _choice(*LANGUAGES)] = LANGUAGES[0]
    keep_files_days: _Count = 7
    keep_orders_days: _Count = 90
    privacy_url: _Link = None
    terms_url: _Link = None

    alert_webhook_url: _Webhook = None

    shard_count: Annotated[int | None, _number(int, 1)] = None
    shard_ids: _ShardIds = ()
    instance: Annotated[str, _name] = _HOST

    log_level: Annotated[_Level, _choice(*get_args(_Level))] = "INFO"
    log_format: Annotated[_Format, _choice(*get_args(_Format))] = "text"

    def __init__(
        self, texts: Mapping[str, str] | None = None, *, _env_file: str | None = ".env"
    ) -> None:
        """Read *texts*, by names in lower case; by default the environment and the file.

        Raises InvalidSettings, for all wrong settings at once; its message does not show a value.
        """
        texts = _texts(_env_file) if texts is None else texts
        hints = get_type_hints(type(self), include_extras=True)
        reasons: dict[str, str] = {}
        for setting in fields(self):
            name, value = setting.name, setting.default
            if name in texts:
                try:
                    value = hints[name].__metadata__[0](texts[name])
                except ValueError as error:
                    reasons[name.upper()] = " ".join(str(error).split())
            elif value is MISSING:
                reasons[name.upper()] = "is missing"
            object.__setattr__(self, name, value)
        named = () if reasons or self.shard_ids == "auto" else self.shard_ids
        if named and max(named) >= (self.shard_count or 0):
            reasons["SHARD_IDS"] = "must be below SHARD_COUNT, which must be set"
        pair = {"C2PA_CERTIFICATE": self.c2pa_certificate, "C2PA_KEY": self.c2pa_key}
        alone = [name for name, path in pair.items() if path is not None]
        if len(alone) == 1:
            reasons[alone[0]] = "must be set together with " + next(iter(pair.keys() - alone))
        if not reasons and self.interactions == "http" and self.public_url is None:
            reasons["PUBLIC_URL"] = "must be set where INTERACTIONS is http: Discord posts there"
        reasons |= {} if reasons else self._bucket_faults()
        needed = {"command": "picture_check_command", "gateway": "picture_check_flags"}
        missing = needed.get("" if reasons else self.picture_check)
        if missing and not getattr(self, missing):
            reasons[missing.upper()] = f"is missing: PICTURE_CHECK is {self.picture_check}"
        if reasons:
            (name, first), *others = reasons.items()
            reason = "; ".join([first, *(f"{other}: {why}" for other, why in others)])
            raise InvalidSettings(setting=name, reason=reason)

    @property
    def endpoint(self) -> str | None:
        """The address for interactions; ``None``: they come from the gateway."""
        return f"{self.public_url}/interactions" if self.interactions == "http" else None

    @property
    def shards(self) -> Shards:
        """The shards of this process at its start.

        All, unless SHARD_IDS names some; none yet if they are taken by lease. By HTTP there is one.
        """
        if self.interactions == "http":
            return Shards()
        count = self.shard_count or 1
        if self.shard_ids != "auto":
            return Shards(count=count, ids=frozenset(self.shard_ids or range(count)))
        if not self.shares_store:  # there is no other process
            return Shards(count=count, ids=frozenset(range(count)))
        return Shards(count=count, ids=frozenset(), leased=True)

    @classmethod
    def read(cls) -> Self:
        """Read the environment and ``.env``. Raises InvalidSettings."""
        return cls()

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
    def credentials(self) -> Credentials | None:
        """What pictures are signed with; ``None``: they are not."""
        if self.c2pa_certificate is None or self.c2pa_key is None:
            return None
        return Credentials(
            certificate=self.c2pa_certificate,
            key=self.c2pa_key,
            algorithm=self.c2pa_algorithm,
            timestamp_url=self.c2pa_timestamp_url,
        )

    @property
    def shares_store(self) -> bool:
        """Whether several processes may share the store."""
        return make_url(self.database_url.get_secret_value()).drivername == POSTGRESQL

    @property
    def folder(self) -> Path:
        """The folder for files to deliver: that of the SQLite file, or ``data``."""
        url = make_url(self.database_url.get_secret_value())
        return Path(url.database or "").parent if url.drivername == SQLITE else Path("data")

    @property
    def downloads(self) -> Path:
        """The folder that pictures are downloaded to."""
        return self.folder / "files"

    @property
    def files_folder(self) -> Path | None:
        """The folder in which pictures wait; ``None``: that of downloads, or a bucket."""
        return self.files_url if isinstance(self.files_url, Path) else None

    @property
    def bucket(self) -> Bucket | None:
        """The bucket in which pictures wait; ``None``: they wait in a folder."""
        if not isinstance(self.files_url, tuple):
            return None
        name, prefix = self.files_url
        endpoint = self.aws_endpoint_url or ""
        config = {
            "endpoint": endpoint,
            "region": self.aws_region or "us-east-1",
            **{key: secret.get_secret_value() for key, secret in self._aws_secrets.items()},
        }
        return Bucket(
            name=name,
            prefix=prefix,
            config={key: text for key, text in config.items() if text},
            allows_http=endpoint.startswith("http://"),
            proxy=self.proxies.of(endpoint or "https://amazonaws.com"),
        )

    def _bucket_faults(self) -> dict[str, str]:
        allows_http = (self.aws_allow_http or "").lower() in _TRUE
        given, endpoint = self._aws_secrets, self.aws_endpoint_url
        used = isinstance(self.files_url, tuple)
        return bucket_faults(endpoint, given, allows_http=allows_http) if used else {}

    @property
    def _aws_secrets(self) -> dict[str, Secret]:
        secrets = {
            "access_key_id": self.aws_access_key_id,
            "secret_access_key": self.aws_secret_access_key,
            "session_token": self.aws_session_token,
        }
        return {name: secret for name, secret in secrets.items() if secret is not None}

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
            *self._webhook_secrets,
            *(secret.get_secret_value() for secret in self._aws_secrets.values()),
        )

    @property
    def _webhook_secrets(self) -> tuple[str, ...]:
        """The address of the webhook, as a whole and by the parts that are long enough for one."""
        if self.alert_webhook_url is None:
            return ()
        text = self.alert_webhook_url.get_secret_value()
        url = URL(text)
        parts = [part for part in (url.password or "", url.raw_name, url.raw_path) if part[7:]]
        return (text, str(url), *parts, *(value for value in url.query.values() if value[15:]))


Settings.model_fields = {setting.name: setting for setting in fields(Settings)}


def _texts(file: str | None) -> dict[str, str]:
    """Return what is set, by names in lower case. An empty text is none."""
    try:
        written = dotenv_values(file) if file is not None else {}
    except UnicodeDecodeError:
        raise InvalidSettings(setting=".env", reason="must be a text in UTF-8") from None
    sources = (written, os.environ)
    return {name.lower(): text for source in sources for name, text in source.items() if text}

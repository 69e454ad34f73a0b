"""The operator's settings: a wrong one is named in one line, and no secret ever shows."""

from pathlib import Path

import pytest

from bot.domain.shards import Shards
from bot.errors import InvalidSettings
from bot.pixazo.origins import Origin
from bot.settings import Settings

TOKEN, KEY = "MTIz.very.secret-token", "key-very-secret"


@pytest.fixture(autouse=True)
def environment(monkeypatch, tmp_path):
    """Only the two required settings are set, and there is no ``.env``."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("DISCORD_TOKEN", TOKEN)
    monkeypatch.setenv("PIXAZO_API_KEY", KEY)
    monkeypatch.chdir(tmp_path)


def refused():
    with pytest.raises(InvalidSettings) as refusal:
        Settings.read()
    line = str(refusal.value)
    assert "\n" not in line
    assert TOKEN not in line
    assert KEY not in line
    return refusal.value


def test_the_two_required_settings_are_enough():
    settings = Settings.read()

    assert settings.discord_token.get_secret_value() == TOKEN
    assert settings.pixazo_api_key.get_secret_value() == KEY


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("http://10.0.0.7:8080/api/v10", "http://10.0.0.7:8080/api/v10"),  # a proxy has no TLS
        ("http://Nirn-Proxy:80/api/v10/", "http://nirn-proxy/api/v10"),
        ("http://[fd00::7]:8080/api/v10", "http://[fd00::7]:8080/api/v10"),
    ],
)
def test_discords_api_may_be_a_proxy_in_a_private_network(monkeypatch, text, url):
    monkeypatch.setenv("DISCORD_API_URL", text)

    assert Settings.read().discord_api_url == url


def test_the_defaults_are_those_of_the_real_services():
    settings = Settings.read()

    assert settings.database_url.get_secret_value() == "sqlite+aiosqlite:///data/imagine.db"
    assert settings.pixazo_url == "https://gateway.pixazo.ai"
    assert settings.pixazo_submit_path == "/auraflow-v0-3-512/v1/auraflow-v0-3-request"
    assert settings.media_origins == (Origin("https", "*.r2.dev", 443),)
    assert settings.discord_api_url == "https://discord.com/api/v10"
    assert (settings.public_url, settings.callback_mode) == (None, "sync")
    assert settings.web_port == 8080
    assert (settings.poll_seconds, settings.lane_width) == (5, 16)
    assert (settings.lane_rate_per_minute, settings.balance_probe_seconds) == (60, 300)
    assert (settings.submit_timeout_seconds, settings.job_deadline_seconds) == (30, 3600)
    assert (settings.lease_seconds, settings.price_per_image_usd) == (30, 1000)
    assert (settings.max_images_per_day, settings.max_images_per_guild_per_day) == (500, 100)
    assert (settings.allow_direct, settings.guild_ids) == (False, ())
    assert settings.mark_images
    assert settings.default_language == "en"
    assert (settings.keep_files_days, settings.keep_orders_days) == (7, 90)
    assert (settings.log_level, settings.log_format) == ("INFO", "text")


@pytest.mark.parametrize("name", ["DISCORD_TOKEN", "PIXAZO_API_KEY"])
@pytest.mark.parametrize("empty", [True, False])
def test_a_required_setting_that_is_missing_is_named(monkeypatch, name, empty):
    """An empty one is a missing one: that is what compose makes of a variable that is not set."""
    if empty:
        monkeypatch.setenv(name, "")
    else:
        monkeypatch.delenv(name)

    refusal = refused()

    assert (refusal.setting, refusal.reason) == (name, "is missing")


def test_all_that_is_missing_is_named_at_once(monkeypatch):
    monkeypatch.delenv("DISCORD_TOKEN")
    monkeypatch.delenv("PIXAZO_API_KEY")

    line = str(refused())

    assert "DISCORD_TOKEN: is missing" in line
    assert "PIXAZO_API_KEY: is missing" in line


WRONG = [
    ("DATABASE_URL", "mysql://user:hunter2@host/db"),
    ("DATABASE_URL", "hunter2"),
    ("DATABASE_URL", "sqlite+aiosqlite://"),
    ("DATABASE_URL", "sqlite:///data/imagine.db"),
    ("DATABASE_URL", "postgresql://user:hunter2@host/db"),
    ("DATABASE_URL", "postgresql+psycopg://user:hunter2@host/db"),
    ("DATABASE_URL", "postgresql+asyncpg://user:hunter2@host"),
    ("DATABASE_URL", "postgresql+asyncpg://user:hunter2@host:hunter2/db"),
    ("DATABASE_URL", "postgresql+asyncpg://user@host/db?password=hunter2"),
    ("DATABASE_URL", "postgresql+asyncpg://user:hunter2@host/db?sslmode=require"),
    ("FILES_URL", "data/files"),
    ("FILES_URL", "file:"),
    ("FILES_URL", "file://hunter2/files"),
    ("FILES_URL", "s3://"),
    ("FILES_URL", "s3://user:hunter2@bucket"),
    ("FILES_URL", "s3://bucket/../other"),
    ("FILES_URL", "s3://bucket?key=hunter2"),
    ("FILES_URL", "s3://Bucket"),
    ("FILES_URL", "https://hunter2.s3.amazonaws.com"),
    ("PUBLIC_URL", "http://bot.example"),
    ("PUBLIC_URL", "https://user:hunter2@bot.example"),
    ("PUBLIC_URL", "https://bot.example?a=1"),
    ("PUBLIC_URL", "bot.example"),
    ("PUBLIC_URL", "https://[broken"),
    ("PUBLIC_URL", "https://bot.example:99999"),
    ("PRIVACY_URL", "http://bot.example/privacy"),
    ("PRIVACY_URL", "https://user:hunter2@bot.example"),
    ("TERMS_URL", "bot.example/terms"),
    ("TERMS_URL", "https://bot.example/" + "a" * 512),
    ("CALLBACK_MODE", "never"),
    ("INTERACTIONS", "webhook"),
    ("DISCORD_PUBLIC_KEY", "hunter2"),
    ("DISCORD_PUBLIC_KEY", "ab" * 33),
    ("DRAIN_SECONDS", "-1"),
    ("DRAIN_SECONDS", "301"),
    ("WEB_PORT", "http"),
    ("WEB_PORT", "-1"),
    ("WEB_PORT", "65536"),
    ("HTTP_PROXY", "socks5://user:hunter2@proxy:1080"),
    ("HTTPS_PROXY", "http://"),
    ("DISCORD_API_URL", "ftp://discord.com"),
    ("DISCORD_GATEWAY_URL", "https://gateway.discord.gg"),
    ("PIXAZO_URL", "gateway.pixazo.ai"),
    ("PIXAZO_SUBMIT_PATH", "no/slash"),
    ("PIXAZO_SUBMIT_PATH", "/path?query"),
    ("MEDIA_ORIGINS", "https://*.dev"),
    ("MEDIA_ORIGINS", "https://*.r2.dev, http://*.r2.dev"),
    ("MEDIA_ORIGINS", ","),
    ("POLL_SECONDS", "0"),
    ("POLL_SECONDS", "nan"),
    ("POLL_SECONDS", "inf"),
    ("POLL_SECONDS", "often"),
    ("LANE_WIDTH", "0"),
    ("LANE_WIDTH", "2.5"),
    ("LANE_RATE_PER_MINUTE", "0"),
    ("BALANCE_PROBE_SECONDS", "-1"),
    ("SUBMIT_TIMEOUT_SECONDS", "0"),
    ("JOB_DEADLINE_SECONDS", "soon"),
    ("LEASE_SECONDS", "0"),
    ("PRICE_PER_IMAGE_USD", "-0.001"),
    ("PRICE_PER_IMAGE_USD", "0.0000001"),
    ("PRICE_PER_IMAGE_USD", "nan"),
    ("PRICE_PER", "picture"),
    ("SHOW_COSTS", "dollars"),
    ("MAX_USD_PER_DAY", "-1"),
    ("MAX_USD_PER_MONTH", "1000001"),
    ("MAX_USD_PER_GUILD_PER_MONTH", "$5"),
    ("GUILD_IDS", "1,two"),
    ("GUILD_IDS", "-1"),
    ("MAX_IMAGES_PER_DAY", "-1"),
    ("MAX_IMAGES_PER_DAY", "many"),
    ("MAX_IMAGES_PER_GUILD_PER_DAY", "-1"),
    ("ALLOW_DIRECT", "perhaps"),
    ("MARK_IMAGES", "perhaps"),
    ("C2PA_CERTIFICATE", "alone.pem"),
    ("C2PA_KEY", "alone.pem"),
    ("C2PA_ALGORITHM", "rs256"),
    ("C2PA_TIMESTAMP_URL", "https://user:hunter2@time.example"),
    ("PICTURE_CHECK", "always"),
    ("PICTURE_CHECK_COMMAND", "check 'picture"),
    ("PICTURE_CHECK_PATH", "no/slash"),
    ("PICTURE_CHECK_FLAGS", "sexual>0.8"),
    ("PICTURE_CHECK_AWAY", "wait"),
    ("PICTURE_CHECK_SECONDS", "0"),
    ("PICTURE_CHECK_AT_ONCE", "0"),
    ("DEFAULT_LANGUAGE", "fr"),
    ("KEEP_FILES_DAYS", "-1"),
    ("KEEP_ORDERS_DAYS", "-1"),
    ("SHARD_COUNT", "0"),
    ("SHARD_IDS", "0"),
    ("INSTANCE", "x" * 129),
    ("ALERT_WEBHOOK_URL", "http://hooks.example/hunter2"),
    ("ALERT_WEBHOOK_URL", "http://127.0.0.1.example/hunter2"),
    ("ALERT_WEBHOOK_URL", "ftp://127.0.0.1/hunter2"),
    ("ALERT_WEBHOOK_URL", "https:///hunter2"),
    ("ALERT_WEBHOOK_URL", "hunter2"),
    ("LOG_LEVEL", "LOUD"),
    ("LOG_FORMAT", "xml"),
]


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_a_wrong_setting_is_named_in_one_line(monkeypatch, name, value):
    monkeypatch.setenv(name, value)

    refusal = refused()

    assert refusal.setting == name
    assert refusal.reason
    assert "hunter2" not in str(refusal)


KEYS = {"AWS_ACCESS_KEY_ID": "AKIA-hunter2", "AWS_SECRET_ACCESS_KEY": "hunter2/hunter2"}


@pytest.mark.parametrize(
    ("name", "texts"),
    [
        ("AWS_ENDPOINT_URL", {"AWS_ENDPOINT_URL": "http://s3.example"}),
        ("AWS_ENDPOINT_URL", {"AWS_ENDPOINT_URL": "https://user:hunter2@s3.example"}),
        ("AWS_ENDPOINT_URL", {"AWS_ENDPOINT_URL": "s3.example:9000"}),
        ("AWS_ENDPOINT_URL", {"AWS_ENDPOINT_URL": "https://[broken"}),
        ("AWS_SECRET_ACCESS_KEY", {"AWS_ACCESS_KEY_ID": "hunter2"}),
        ("AWS_ACCESS_KEY_ID", {"AWS_SECRET_ACCESS_KEY": "hunter2"}),
    ],
)
def test_settings_of_a_bucket_are_looked_at_where_there_is_one(monkeypatch, name, texts):
    for variable, text in texts.items():
        monkeypatch.setenv(variable, text)
    Settings.read()
    monkeypatch.setenv("FILES_URL", "s3://pictures/bot")

    refusal = refused()

    assert refusal.setting == name
    assert "hunter2" not in str(refusal)


def test_a_bucket_is_opened_with_what_is_set_and_none_of_it_shows(monkeypatch):
    endpoint = {"AWS_ENDPOINT_URL": "http://s3.example", "AWS_ALLOW_HTTP": "true"}
    for name, text in (KEYS | endpoint | {"FILES_URL": "s3://pictures/bot/1"}).items():
        monkeypatch.setenv(name, text)
    settings = Settings.read()

    bucket = settings.bucket
    assert bucket is not None
    assert (bucket.name, bucket.prefix, bucket.allows_http) == ("pictures", "bot/1", True)
    assert bucket.config == {
        "endpoint": "http://s3.example",
        "region": "us-east-1",
        "access_key_id": "AKIA-hunter2",
        "secret_access_key": "hunter2/hunter2",
    }
    assert "hunter2" not in f"{settings!r} {bucket!r}"
    assert set(KEYS.values()) < set(settings.secrets)


def test_pictures_wait_beside_the_orders_or_in_a_folder_that_is_named(monkeypatch):
    assert (Settings.read().files_folder, Settings.read().downloads) == (None, Path("data/files"))
    monkeypatch.setenv("FILES_URL", "file:/mnt/shared%20pictures")
    assert Settings.read().files_folder == Path("/mnt/shared pictures")
    assert Settings.read().bucket is None


@pytest.mark.parametrize("check", ["command", "gateway"])
def test_a_check_of_pictures_needs_what_it_runs_or_reads(monkeypatch, check):
    monkeypatch.setenv("PICTURE_CHECK", check)
    assert refused().setting in {"PICTURE_CHECK_COMMAND", "PICTURE_CHECK_FLAGS"}
    monkeypatch.setenv("PICTURE_CHECK_COMMAND", "nice -n 10 '/opt/my check' --json")
    monkeypatch.setenv("PICTURE_CHECK_FLAGS", "flagged, scores.sexual>=0.8")
    settings = Settings(_env_file=None)
    assert settings.picture_check_command == ("nice", "-n", "10", "/opt/my check", "--json")
    assert [one.least for one in settings.picture_check_flags] == [None, 0.8]


def test_every_setting_that_can_be_wrong_is_tried():
    anything_goes = {"discord_token", "pixazo_api_key", "web_host", "no_proxy"}
    anything_goes |= {name for name in Settings.model_fields if name.startswith("aws_")}

    assert {name.lower() for name, _ in WRONG} == set(Settings.model_fields) - anything_goes


def test_shards_must_fit_their_count(monkeypatch):
    monkeypatch.setenv("SHARD_COUNT", "2")
    monkeypatch.setenv("SHARD_IDS", "0, 2")

    assert refused().setting == "SHARD_IDS"

    monkeypatch.setenv("SHARD_IDS", "0, 1")

    assert Settings.read().shard_ids == (0, 1)


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        (
            {"DATABASE_URL": "postgresql+asyncpg://h/d"},
            Shards(count=2, ids=frozenset(), leased=True),
        ),
        ({}, Shards(count=2, ids=frozenset({0, 1}))),  # SQLite has no other process
        ({"INTERACTIONS": "http", "PUBLIC_URL": "https://bot.example"}, Shards()),
    ],
)
def test_shards_are_shared_where_processes_are(monkeypatch, more, expected):
    for name, text in {"SHARD_COUNT": "2", "SHARD_IDS": "AUTO", **more}.items():
        monkeypatch.setenv(name, text)

    assert Settings.read().shards == expected


def test_by_http_the_bot_needs_an_address(monkeypatch):
    monkeypatch.setenv("INTERACTIONS", "http")
    assert refused().setting == "PUBLIC_URL"

    monkeypatch.setenv("PUBLIC_URL", "https://bot.example/")
    assert Settings.read().endpoint == "https://bot.example/interactions"


@pytest.mark.parametrize(
    "name", sorted(set(Settings.model_fields) - {"discord_token", "pixazo_api_key"})
)
def test_an_empty_setting_is_one_that_is_not_set(monkeypatch, name):
    default = getattr(Settings.read(), name)
    monkeypatch.setenv(name.upper(), "")

    assert getattr(Settings.read(), name) == default


def test_lists_are_separated_by_commas(monkeypatch):
    monkeypatch.setenv("GUILD_IDS", " 1, 2 ,3,")
    monkeypatch.setenv("MEDIA_ORIGINS", "https://*.r2.dev, http://127.0.0.1:9000")

    settings = Settings.read()

    assert settings.guild_ids == (1, 2, 3)
    assert [origin.exact for origin in settings.media_origins] == [False, True]


def test_a_slash_at_an_addresss_end_does_not_matter(monkeypatch):
    monkeypatch.setenv("PUBLIC_URL", "https://bot.example/")

    assert Settings.read().public_url == "https://bot.example"


def test_a_link_has_no_character_that_would_end_its_markup(monkeypatch):
    monkeypatch.setenv("TERMS_URL", "https://bot.example/our terms (1)>?page=2#money")

    assert Settings.read().terms_url == (
        "https://bot.example/our%20terms%20%281%29%3E?page=2#money"
    )


def test_the_file_beside_the_bot_is_read(monkeypatch, tmp_path):
    monkeypatch.delenv("DISCORD_TOKEN")
    (tmp_path / ".env").write_text(
        "# a comment\nDISCORD_TOKEN='from the file'\nWEB_PORT=9000\nPUBLIC_URL=\nUNKNOWN=1\n"
    )

    settings = Settings.read()

    assert settings.discord_token.get_secret_value() == "from the file"
    assert (settings.web_port, settings.public_url) == (9000, None)


def test_the_environment_goes_before_the_file(monkeypatch, tmp_path):
    (tmp_path / ".env").write_text("WEB_PORT=9000\n")
    monkeypatch.setenv("WEB_PORT", "9001")

    assert Settings.read().web_port == 9001


def test_a_wrong_setting_in_the_file_is_named_too(tmp_path):
    (tmp_path / ".env").write_text("LANE_WIDTH=none\n")

    assert refused().setting == "LANE_WIDTH"


def test_a_file_that_is_no_text_is_named(tmp_path):
    (tmp_path / ".env").write_bytes(b"WEB_HOST=caf\xe9\n")

    assert ".env" in str(refused())


def test_no_secret_shows_in_a_repr(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql+asyncpg://user:hunter2@host/db")
    settings = Settings.read()

    for shown in (repr(settings), str(settings)):
        assert TOKEN not in shown
        assert KEY not in shown
        assert "hunter2" not in shown


def test_a_databases_password_is_known_to_the_log_in_every_form(monkeypatch):
    """As the driver has it, and as it stands in an address."""
    address = "postgresql+asyncpg://user:hunter%2F2@host/db"
    monkeypatch.setenv("DATABASE_URL", address)

    assert set(Settings.read().secrets) == {TOKEN, KEY, address, "hunter/2", "hunter%2F2"}


@pytest.mark.parametrize(
    ("address", "part"),
    [
        ("https://discord.com/api/webhooks/81/very-secret-token?thread_id=7", "very-secret-token"),
        ("https://hooks.slack.com/services/T0/B0/very-secret", "very-secret"),
        ("https://ntfy.sh/secret-topic?auth=QmFzaWMgdmVyeS1zZWNyZXQ", "QmFzaWMgdmVyeS1zZWNyZXQ"),
        ("https://user:very-secret@ntfy.example/topic", "very-secret"),
        ("http://127.0.0.1:8/secret-path", "secret-path"),
        ("http://localhost/secret-path", "/secret-path"),
        ("http://[::1]/secret-path", "secret-path"),
    ],
)
def test_the_address_of_a_webhook_is_a_secret_as_a_whole_and_in_parts(monkeypatch, address, part):
    monkeypatch.setenv("ALERT_WEBHOOK_URL", f" {address}\n")
    settings = Settings.read()

    assert settings.alert_webhook_url
    assert settings.alert_webhook_url.get_secret_value() == address
    assert {address, part} <= set(settings.secrets)
    assert part not in repr(settings)


def test_a_path_is_no_secret():
    """A log without it could not say which file it is about."""
    assert set(Settings.read().secrets) == {TOKEN, KEY}


@pytest.mark.parametrize(
    ("url", "folder"),
    [
        ("sqlite+aiosqlite:///data/imagine.db", "data"),
        ("sqlite+aiosqlite:////data/imagine.db", "/data"),
        ("sqlite+aiosqlite:///imagine.db", "."),
        ("postgresql+asyncpg://user:password@host/db", "data"),
        ("postgresql+asyncpg://user@/db?host=/run/postgresql&ssl=disable", "data"),
    ],
)
def test_files_lie_beside_the_store_or_where_it_would_be(monkeypatch, url, folder):
    monkeypatch.setenv("DATABASE_URL", url)

    assert str(Settings.read().folder) == folder

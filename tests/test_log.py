"""Nothing secret reaches the log, however it gets there."""

import asyncio
import json
import logging

import pytest

from bot import log
from bot.log import REDACTED

TOKEN, KEY = "MTIz.very.secret+token", 'key"with\\odd$(characters)'
NOISY = ("alembic", "aiohttp.access", "PIL")


@pytest.fixture
def set_up():
    """Set the log up as the bot does, and put back what was there."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    levels = {name: logging.getLogger(name).level for name in NOISY}
    root.handlers[:] = []

    def set_up(style="text", level="INFO"):
        log.set_up(level=level, style=style, secrets=(TOKEN, KEY))

    yield set_up
    root.handlers[:] = handlers
    root.setLevel(level)
    for name, before in levels.items():
        logging.getLogger(name).setLevel(before)


def log_failure(words, reason):
    try:
        _fail(reason)
    except ValueError:
        logging.getLogger("bot").exception(words)


def _fail(reason):
    raise ValueError(reason)


both = pytest.mark.parametrize("style", ["text", "json"])


def test_an_unexpected_error_is_found_by_the_id_that_was_told(set_up, capsys):
    set_up("json")
    told = [log.fault(logging.getLogger("bot"), "a bug", ValueError(word), job=1) for word in "ab"]

    records = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [record["message"] for record in records] == [
        f"a bug: job=1 error_id={error_id}" for error_id in told
    ]
    assert ["ValueError: a" in record["error"] for record in records] == [True, False]
    assert len(set(told)) == 2


@both
@pytest.mark.parametrize("secret", [TOKEN, KEY], ids=["token", "key"])
def test_a_known_secret_is_blotted_out(set_up, capsys, style, secret):
    set_up(style)

    logging.getLogger("bot").warning("sent with %s, twice: %s", secret, secret)

    written = capsys.readouterr().err
    assert written.count(REDACTED) == 2
    assert secret not in written
    assert json.dumps(secret)[1:-1] not in written


@both
def test_a_traceback_gives_no_secret_away(set_up, capsys, style):
    set_up(style)

    log_failure("a call failed", f"bad value {TOKEN!r} for /callbacks/job-1/callback-token")

    written = capsys.readouterr().err
    assert "ValueError" in written
    assert TOKEN not in written
    assert "callback-token" not in written


@both
@pytest.mark.parametrize(
    "address",
    [
        "https://discord.com/api/v10/webhooks/900/interaction-token/messages/@original",
        "https://discord.com/api/v10/webhooks/900/interaction-token?wait=true",
        "https://discord.com/api/v10/interactions/901/interaction-token/callback",
        "POST /callbacks/0123456789abcdef/interaction-token HTTP/1.1",
        "https://bot.example/callbacks/0123456789abcdef/interaction-token",
        "'url': '/webhooks/900/interaction-token'",
    ],
)
def test_a_token_in_an_address_is_blotted_out(set_up, capsys, style, address):
    """Whoever has an interaction's token can write in the bot's name for a quarter of an hour."""
    set_up(style)

    logging.getLogger("discord.webhook.async_").warning("%s has answered 500", address)

    written = capsys.readouterr().err
    assert "interaction-token" not in written
    assert REDACTED in written
    assert "has answered 500" in written


@both
@pytest.mark.parametrize(
    "event",
    [
        {"t": "INTERACTION_CREATE", "d": {"id": "901", "token": "interaction-token", "type": 2}},
        '{"t":"INTERACTION_CREATE","d":{"id":"901","token":"interaction-token","type":2}}',
    ],
    ids=["as a dictionary", "as text"],
)
def test_a_token_in_an_event_is_blotted_out(set_up, capsys, style, event):
    """With LOG_LEVEL=DEBUG discord.py writes down each event that the gateway sends."""
    set_up(style, level="DEBUG")

    logging.getLogger("discord.gateway").debug("For Shard ID None: WebSocket Event: %s", event)

    assert "interaction-token" not in capsys.readouterr().err


def test_text_is_one_line_a_record(set_up, capsys):
    set_up("text")

    logging.getLogger("bot.service").info("job %s: %s", 1, "QUEUED")

    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith("INFO     bot.service: job 1: QUEUED")


def test_json_is_one_object_a_record(set_up, capsys):
    set_up("json")

    log_failure("it failed", "caf\u00e9\nand a second line")
    logging.getLogger("bot").info("all is well")

    failed, well = map(json.loads, capsys.readouterr().err.splitlines())
    assert (failed["level"], failed["logger"], failed["message"]) == ("ERROR", "bot", "it failed")
    assert "caf\u00e9" in failed["error"]
    assert well["message"] == "all is well"
    assert well["time"].endswith("+00:00")
    assert "error" not in well


def test_what_is_below_the_level_is_not_written(set_up, capsys):
    set_up("text", level="WARNING")

    logging.getLogger("bot").info("not this")
    logging.getLogger("bot").warning("but this")

    written = capsys.readouterr().err
    assert "not this" not in written
    assert "but this" in written


@pytest.mark.parametrize("name", NOISY)
def test_the_noisy_ones_are_quiet_even_at_debug(set_up, capsys, name):
    """At DEBUG they write down the parameters of statements and every address that is asked."""
    set_up("text", level="DEBUG")

    logging.getLogger(f"{name}.inner").debug("a row with a secret")

    assert capsys.readouterr().err == ""


def test_a_log_without_secrets_redacts_nothing_else(set_up, capsys):
    log.set_up(level="INFO", style="text", secrets=("", ""))

    logging.getLogger("bot").info("plain words")

    assert "plain words" in capsys.readouterr().err


@pytest.fixture
def begin(set_up, capsys):
    """Log in JSON from now on; return what tells what was written, as values."""

    def begin():
        set_up("json")
        return lambda: [json.loads(line) for line in capsys.readouterr().err.splitlines()]

    return begin


def test_json_says_which_job_and_guild_it_is_about(begin):
    written = begin()
    with log.about(job="0123456789abcdef", guild=1100000000000000001):
        logging.getLogger("bot.service").info("job %s: QUEUED", "0123456789abcdef")
        logging.getLogger("aiohttp").warning("of a library that knows no jobs")
    logging.getLogger("bot").info("about nothing")

    *both, nothing = written()
    assert [entry["job"] for entry in both] == ["0123456789abcdef"] * 2
    # A text: 1100000000000000001 is 1100000000000000000 to JavaScript, and to jq.
    assert [entry["guild"] for entry in both] == ["1100000000000000001"] * 2
    assert not {"job", "guild", "shard"} & nothing.keys()


async def test_what_a_task_begins_is_about_the_same_and_about_nothing_else(begin):
    """Cards are edited by tasks of their own."""
    written = begin()

    async def card():
        logging.getLogger("bot.ui").info("the card")

    async def carry(job):
        log.mark(job=job, guild=1)
        await asyncio.sleep(0)
        await asyncio.create_task(card())

    await asyncio.gather(*(asyncio.create_task(carry(job)) for job in ("a", "b")))
    logging.getLogger("bot").info("about nothing")

    *cards, nothing = written()
    assert sorted(entry["job"] for entry in cards) == ["a", "b"]
    assert "job" not in nothing


def test_what_is_known_is_added_to_what_was_known(begin):
    written = begin()
    with log.about(guild=1, shard=0), log.about(job="a", guild=None):
        logging.getLogger("bot").info("words")

    (entry,) = written()
    assert (entry["job"], entry["guild"], entry["shard"]) == ("a", "1", 0)


@pytest.mark.parametrize(
    ("words", "shard"),
    [
        ("Shard ID 3 has connected to Gateway (Session ID: abc).", 3),
        ("Attempting a reconnect for shard ID 12 in 1.20s", 12),
        ("Shard ID None has sent the IDENTIFY payload.", None),
        ("Got a request to RESUME the websocket.", None),
    ],
)
def test_discord_pys_own_records_carry_their_shard(begin, words, shard):
    written = begin()
    logging.getLogger("discord.gateway").info(words)

    (entry,) = written()
    assert entry.get("shard") == shard


def test_members_words_make_no_shard(begin):
    written = begin()
    logging.getLogger("bot").info("a prompt: Shard ID 3")

    assert "shard" not in written()[0]


def test_text_is_as_it_was_whatever_it_is_about(set_up, capsys):
    set_up("text")

    with log.about(job="a", guild=1, shard=2):
        logging.getLogger("bot").info("words")

    assert capsys.readouterr().err.endswith("INFO     bot: words\n")

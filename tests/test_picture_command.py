"""The operator's command on a picture: its answer, and what bounds it."""

import asyncio
import os
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from bot.picture_command import LARGEST_ANSWER, CommandCheck
from bot.service.port_errors import CheckUnavailable
from bot.service.ports.picture_check import CheckResult
from sandbox import picture_check
from tests.service.harness import until

STAND_IN = (sys.executable, picture_check.__file__)


@pytest.fixture
def picture(tmp_path):
    path = tmp_path / "files" / "1"
    path.parent.mkdir()
    path.write_bytes(b"a picture")
    return path


def command(*arguments, within=30.0, at_once=2):
    return CommandCheck(arguments, within=within, at_once=at_once)


def says(text, *, within=30.0):
    return command(sys.executable, "-c", f"print({text!r}, end='')", within=within)


@pytest.mark.parametrize("flagged", [True, False])
async def test_the_command_gets_the_file_and_its_answer_counts(tmp_path, picture, flagged):
    if flagged:
        (tmp_path / "flag").touch()
    result = await command(*STAND_IN, str(tmp_path)).check(picture, address="unused")

    assert result == CheckResult(flagged=flagged, reason="nudity" if flagged else "")
    assert (tmp_path / "checked").read_text() == f"{picture}\n"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yes",
        "[]",
        '{"flagged": 1}',
        '{"reason": "x"}',
        "[" * 5000,
        '{"flagged": true}' + " " * LARGEST_ANSWER,
    ],
)
async def test_another_output_is_no_answer(picture, text):
    with pytest.raises(CheckUnavailable):
        await says(text).check(picture, address="")


async def test_a_reason_is_one_short_line(picture):
    text = '{"flagged": true, "reason": "a\\n  b' + "x" * 200 + '"}'
    result = await says(text).check(picture, address="")
    assert result.reason == ("a b" + "x" * 200)[:100]


async def test_a_command_that_fails_or_is_not_there_is_away(tmp_path, picture):
    (tmp_path / "fail").touch()
    for one in (command(*STAND_IN, str(tmp_path)), command(str(tmp_path / "nowhere"))):
        with pytest.raises(CheckUnavailable):
            await one.check(picture, address="")


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
async def test_a_command_that_is_late_is_killed_with_its_children(tmp_path, picture):
    (tmp_path / "hang").touch()
    with pytest.raises(CheckUnavailable, match="over 5 s"):
        await command(*STAND_IN, str(tmp_path), within=5.0).check(picture, address="")

    child = int((tmp_path / "child").read_text())
    await until(lambda: not is_running(child))


def is_running(pid):
    with suppress(FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


async def test_the_command_gets_no_secret_of_the_bots(monkeypatch, picture):
    monkeypatch.setenv("DISCORD_TOKEN", "secret")
    script = "import json, os; print(json.dumps({'flagged': 'DISCORD_TOKEN' in os.environ}))"
    result = await command(sys.executable, "-c", script).check(picture, address="")
    assert not result.flagged
    assert os.environ["DISCORD_TOKEN"] == "secret"


async def test_only_so_many_run_at_once(tmp_path, picture):
    """Each fails that meets another: it can't make the folder."""
    script = (
        "import json, os, sys, time; folder = sys.argv[1]; os.mkdir(folder); time.sleep(0.05);"
        "os.rmdir(folder); print(json.dumps({'flagged': False}))"
    )
    one = command(sys.executable, "-c", script, str(tmp_path / "busy"), at_once=1)
    results = await asyncio.gather(*(one.check(picture, address="") for _ in range(4)))
    assert len(results) == 4

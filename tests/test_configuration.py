"""Operators read of exactly the settings that there are, with the defaults that they have."""

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from bot.settings import Settings

PROJECT = Path(__file__).parents[1]
COMPOSE = {"COMPOSE_FILE", "POSTGRES_PASSWORD"}  # read by compose, not by the bot
REQUIRED = {"DISCORD_TOKEN": "a.b.c", "PIXAZO_API_KEY": "key"}
HOST_NAME = "the host's name"

ROW = re.compile(r"^\| `([A-Z0-9_]+)` \| (.+?) \|", re.MULTILINE)
LINE = re.compile(r"^#?([A-Z0-9_]+)=(.*)$", re.MULTILINE)


@pytest.fixture
def read(monkeypatch):
    """Read settings from a text for each name, as if they were the whole environment."""

    def read(texts: Mapping[str, str]) -> Settings:
        for name in Settings.model_fields:
            monkeypatch.delenv(name.upper(), raising=False)
        for name, text in texts.items():
            monkeypatch.setenv(name, text)
        return Settings(_env_file=None)

    return read


def once(pairs: list[tuple[str, str]]) -> dict[str, str]:
    """Return *pairs* by name, without those for compose; each setting is there once."""
    by_name = dict(pairs)
    assert len(by_name) == len(pairs)
    assert by_name.keys() >= COMPOSE
    return {name: text for name, text in pairs if name not in COMPOSE}


def every_setting() -> set[str]:
    return {name.upper() for name in Settings.model_fields}


def test_documentation_has_every_setting_with_its_default(read):
    table = once(ROW.findall((PROJECT / "docs" / "configuration.md").read_text()))

    assert table.keys() == every_setting()
    assert {name for name, text in table.items() if text == "required"} == REQUIRED.keys()
    quoted = {name: text.strip("`") for name, text in table.items() if text.startswith("`")}
    assert read(REQUIRED | quoted) == read(REQUIRED)
    unquoted = table.keys() - quoted.keys() - REQUIRED.keys()
    defaults = {name: Settings.model_fields[name.lower()].default for name in unquoted}
    assert table["INSTANCE"] == HOST_NAME
    assert {table[name] for name in unquoted - {"INSTANCE"}} == {"none"}
    assert not any(value for name, value in defaults.items() if name != "INSTANCE")


def test_example_has_every_setting_with_its_default(read):
    lines = once(LINE.findall((PROJECT / ".env.example").read_text()))

    assert lines.keys() == every_setting()
    assert {name for name in REQUIRED if lines[name]} == set()
    shown = {name: text for name, text in lines.items() if text}
    assert read(REQUIRED | shown) == read(REQUIRED)
    hidden = lines.keys() - shown.keys() - REQUIRED.keys() - {"INSTANCE"}
    assert not any(Settings.model_fields[name.lower()].default for name in hidden)

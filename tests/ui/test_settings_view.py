"""The view and the forms of ``/settings``: filled with what a member has set."""

from typing import Any

import pytest

from bot.domain.errors import InvalidOption
from bot.domain.order import STYLE_LENGTH, SUFFIX_LENGTH
from bot.domain.preferences import MOST_STYLES, Defaults, Preferences
from bot.domain.styles import LONGEST_WORDS, Style
from bot.service.ports.store import MemberSettings, Ping, PingIn
from bot.ui import settings_forms, settings_view, texts
from bot.ui.language import LANGUAGES, speaking
from tests.samples import listed
from tests.views import assert_within_limits, buttons, components, recorded

SELECT = 3  # a type of components
PICK_STYLE = "settings-pick:style"
FAULTS = [
    InvalidOption(option="steps", low=20, high=50, got="x"),
    InvalidOption(option="guidance", low=1.0, high=10.0, got=11),
    InvalidOption(option="suffix", low=1, high=200, got=201),
]
NOTHING = MemberSettings()
SOME = MemberSettings(
    ping=Ping.ALWAYS,
    ping_in=PingIn.DIRECT,
    preferences=Preferences(
        defaults=Defaults(
            images=4,
            style="Wool",
            steps=30,
            guidance=2.5,
            enhance=False,
            private=True,
            suffix="soft light",
        ),
        styles=(Style(name="Wool", words="knitted wool"), Style(name="oil", words="oil, thick")),
    ),
)
FULLEST = MemberSettings(
    preferences=Preferences(
        defaults=Defaults(guidance=9.999, suffix="*" * SUFFIX_LENGTH.high),
        styles=tuple(
            Style(name=f"{number}{'*' * (STYLE_LENGTH.high - 1)}", words="W" * LONGEST_WORDS)
            for number in range(MOST_STYLES)
        ),
    )
)


def views():
    """Yield the settings of who set nothing, and of others, after clicks."""
    yield settings_view.settings(NOTHING)
    yield settings_view.settings(FULLEST, texts.settings.changed(FAULTS))
    for note in (texts.settings.forgotten(), texts.settings.no_style(), texts.settings.saved()):
        yield settings_view.settings(SOME, note)


def selects(view):
    """Return the chosen values of each select, by its id."""
    return {
        entry["custom_id"].partition(":")[2]: [
            option["value"] for option in entry["options"] if option.get("default")
        ]
        for entry in components(view)
        if entry["type"] == SELECT
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_view_fits(language):
    with speaking(language):
        for view in views():
            assert_within_limits(view)
            for entry in components(view):
                if entry["type"] == SELECT:
                    assert 1 <= len(entry["options"]) <= 25
                    labels = [option["label"] for option in entry["options"]]
                    assert all(1 <= len(label) <= 100 for label in labels)
                    assert len(entry.get("placeholder") or "") <= 150


def test_views_read_as_recorded(snapshot):
    assert listed({str(number): recorded(view) for number, view in enumerate(views())}) == snapshot


def test_the_selects_show_what_is_set():
    assert selects(settings_view.settings(NOTHING)) == {
        "style": [],
        "images": [],
        "flags": [],
        "ping": ["auto"],
        "ping_in": ["channel"],
    }
    assert selects(settings_view.settings(SOME)) == {
        "style": ["Wool"],
        "images": ["4"],
        "flags": ["private", "enhance"],
        "own_style": [],
        "ping": ["always"],
        "ping_in": ["direct"],
    }


def test_all_styles_can_be_chosen_and_none_is_added_where_ten_are():
    view = settings_view.settings(FULLEST)

    (offered,) = [
        entry["options"] for entry in components(view) if entry.get("custom_id") == PICK_STYLE
    ]
    assert len(offered) == 25
    assert "settings:style" not in buttons(view)


@pytest.mark.parametrize(
    ("name", "values", "changes"),
    [
        ("style", ["oil"], {"style": "oil"}),
        ("style", [], {"style": None}),
        ("images", ["3"], {"images": 3}),
        ("images", ["many"], {"images": "many"}),
        ("flags", [], {"private": None, "spoiler": None, "enhance": None}),
        ("flags", ["enhance", "spoiler"], {"private": None, "spoiler": True, "enhance": False}),
    ],
)
def test_a_choice_is_read_back(name, values, changes):
    assert settings_view.read(name, values) == changes


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_form_shows_what_is_set_and_is_read_back(language):
    """In each language a number has its own decimal mark, and is understood."""
    with speaking(language):
        form: Any = settings_forms.more(SOME.preferences)
        shown = {one.component.custom_id: one.component.default for one in form.children}
        assert settings_forms.read_more(sent(shown)) == {
            "steps": 30,
            "guidance": 2.5,
            "suffix": "soft light",
        }
        form = settings_forms.style(SOME.preferences.styles[0])
        shown = {one.component.custom_id: one.component.default for one in form.children}
        assert settings_forms.read_style(sent(shown)) == ("Wool", "knitted wool")
        assert settings_forms.name_of(form.custom_id) == "style"
        assert settings_forms.style_of(form.custom_id) == "Wool"
        assert settings_forms.style_of(settings_forms.style().custom_id) == ""
        modal: Any
        for modal in (form, settings_forms.more(FULLEST.preferences)):
            assert len(modal.title) <= 45
            assert all(len(one.text) <= 45 for one in modal.children)
            assert all(len(one.description or "") <= 100 for one in modal.children)


def test_what_is_left_empty_is_removed():
    empty = sent({"steps": " ", "guidance": "", "suffix": None})

    assert settings_forms.read_more(empty) == {"steps": None, "guidance": None, "suffix": None}
    assert settings_forms.read_style(sent({"name": "Wool", "words": ""})) == ("Wool", "")


def sent(values):
    return [
        {"type": 18, "component": {"type": 4, "custom_id": name, "value": value}}
        for name, value in values.items()
    ]

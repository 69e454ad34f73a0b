"""The language of the current task, and the translation catalogues.

Each interaction and each card has its own task, whose language is a context variable. The messages
in the code are English; the catalogues of other languages are in ``locales`` and are read when this
module is imported.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from gettext import NullTranslations
from pathlib import Path
from typing import Final

import discord
from discord import app_commands
from discord.app_commands import TranslationContextLocation as Location

from bot.domain import money, rules
from bot.ui.catalogue import Catalogue

ENGLISH: Final = "en"
LANGUAGES: Final = rules.LANGUAGES
FOLDER: Final = Path(__file__).parent / "locales"

_DECIMAL_MARKS: Final = {ENGLISH: ".", "de": ","}

_TEMPLATE: Final = "template"
_FIGURES: Final = "figures"
_NAMES: Final = frozenset({Location.command_name, Location.group_name, Location.parameter_name})


_CATALOGUES: Final = {ENGLISH: NullTranslations()} | {
    language: Catalogue(FOLDER / language / "LC_MESSAGES" / "imagine.po")
    for language in LANGUAGES
    if language != ENGLISH
}
_spoken: ContextVar[str] = ContextVar("language", default=ENGLISH)
_default: ContextVar[str] = ContextVar("default language", default=ENGLISH)


def of(locale: discord.Locale | str | None) -> str:
    """Return the language of a Discord locale such as "en-GB"; English if it is not supported."""
    language = str(locale or ENGLISH).partition("-")[0]
    return language if language in LANGUAGES else ENGLISH


def of_server(locale: discord.Locale | str | None, *, community: bool) -> str:
    """Return the language of a server's public messages, as far as Discord tells it.

    Discord says en-US for each server without Community, where nobody chose it. Then, and where the
    locale is not supported, it is the operator's default.
    """
    language = str(locale or "").partition("-")[0]
    chosen = community or locale != discord.Locale.american_english
    return language if chosen and language in LANGUAGES else _default.get()


def default() -> str:
    """Return the operator's default."""
    return _default.get()


def set_default(language: str) -> None:
    """Set the operator's default, for this task and those that it starts."""
    _default.set(language)


def speak(language: str) -> None:
    """Set the language of this task and of those that it starts."""
    _spoken.set(of(language))


def spoken() -> str:
    """Return the language of this task."""
    return _spoken.get()


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Set the language of the block."""
    before = _spoken.set(of(language))
    try:
        yield
    finally:
        _spoken.reset(before)


def gettext(message: str) -> str:
    """Return *message* in the language of this task."""
    return _CATALOGUES[_spoken.get()].gettext(message)


def ngettext(one: str, many: str, count: int) -> str:
    """Return the singular or plural for *count*, in the language of this task."""
    return _CATALOGUES[_spoken.get()].ngettext(one, many, count)


def pgettext(context: str, message: str) -> str:
    """Return *message* as it is translated in *context*; other contexts differ."""
    return _CATALOGUES[_spoken.get()].pgettext(context, message)


def marked(message: str) -> str:
    """Return *message* unchanged: it is only marked for the catalogue, and looked up later."""
    return message


def lazy(message: str) -> Callable[[], str]:
    """Return a function that returns *message* in the language of the task that calls it."""
    return partial(gettext, message)


def plural(one: str, many: str) -> Callable[[int], str]:
    """Return a function that returns the singular or plural for a count, like :func:`lazy`."""
    return partial(ngettext, one, many)


def number(value: float) -> str:
    """Return a number in the task's language, without trailing zeros: 3.5, or 3,5."""
    return f"{value:.3f}".rstrip("0").rstrip(".").replace(".", _DECIMAL_MARKS[_spoken.get()])


def amount(millionths: int) -> str:
    """Return millionths of a dollar as a number of dollars: 3.50, or 3,50."""
    return money.written(millionths).replace(".", _DECIMAL_MARKS[_spoken.get()])


def dollars(millionths: int) -> str:
    """Return millionths of a dollar as a sum: $3.50, or 3,50 $."""
    return gettext("${amount}").format(amount=amount(millionths))


def localized(message: str, **figures: float) -> app_commands.locale_str:
    """Return a command's name or description; Discord shows it in each member's language."""
    return app_commands.locale_str(_filled(message, figures), template=message, figures=figures)


class Translator(app_commands.Translator):
    """Translates :func:`localized` names and descriptions for Discord.

    The names of slash commands and their options are not translated: members tell each other what
    to type, and other programs use them. The names in menus are.
    """

    async def translate(
        self,
        string: app_commands.locale_str,
        locale: discord.Locale,
        context: app_commands.TranslationContextTypes,
    ) -> str | None:
        """Return *string* for *locale*; ``None``: not translated."""
        language = of(locale)
        typed = not isinstance(context.data, app_commands.ContextMenu)
        if language == ENGLISH or (typed and context.location in _NAMES):
            return None
        with speaking(language):
            template = gettext(string.extras.get(_TEMPLATE, string.message))
            return _filled(template, string.extras.get(_FIGURES, {}))


def _filled(template: str, figures: dict[str, float]) -> str:
    if not figures:
        return template
    return template.format(**{name: number(figure) for name, figure in figures.items()})

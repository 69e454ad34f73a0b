"""Reads catalogues of translated messages; Babel, which writes them, takes 6 MB to do that."""

import json
import re
from gettext import NullTranslations, c2py
from pathlib import Path
from typing import Final

_LINE: Final = re.compile(r'(?:(msgctxt|msgid|msgid_plural|msgstr(?:\[\d\])?) )?(".*")')
_PLURALS: Final = re.compile(r"plural=(.+);")


class Catalogue(NullTranslations):
    """The messages of a language, from a ``.po`` file whose entries have empty lines between."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._forms: dict[tuple[str | None, str], list[str]] = {}
        for entry in path.read_text(encoding="utf-8").split("\n\n"):
            parts = _parts(entry)
            context, message = parts.pop("msgctxt", None), parts.pop("msgid", None)
            parts.pop("msgid_plural", None)
            if message is not None and all(parts.values()):
                self._forms[context, message] = list(parts.values())
        [header] = self._forms.pop((None, ""))
        plurals = _PLURALS.search(header)
        assert plurals is not None
        self._plural = c2py(plurals[1])

    def gettext(self, message: str) -> str:
        """Return *message* translated, or as it is."""
        return self._forms.get((None, message), [message])[0]

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        """Return the form for *n*."""
        forms = self._forms.get((None, msgid1))
        return forms[self._plural(n)] if forms else super().ngettext(msgid1, msgid2, n)

    def pgettext(self, context: str, message: str) -> str:
        """Return *message* translated as it is meant in *context*, or as it is."""
        return self._forms.get((context, message), [message])[0]


def _parts(entry: str) -> dict[str, str]:
    """Return the strings of an entry by their names; a translation that needs work is left out."""
    parts: dict[str, str] = {}
    name = ""
    for line in entry.splitlines():
        if line.startswith("#, ") and "fuzzy" in line:
            return {}
        if (match := _LINE.fullmatch(line)) is not None:
            name = match[1] or name
            parts[name] = parts.get(name, "") + json.loads(match[2])
    return parts

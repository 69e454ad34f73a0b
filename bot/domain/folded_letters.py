"""One form of each letter: what a character is compared as, and what kind of character it is."""

import unicodedata
from collections.abc import Callable
from typing import Final

import regex

from bot.lookalikes import I_OR_L, latin, skeleton, uncrossed

# What cannot be seen or only encloses (⑥ and a keycap mean 6), and what may be left out in writing:
# accents, strokes over letters, kashida, the vowel signs of Arabic and Hebrew, nuktas. Other marks
# tell words apart as letters do, such as those of Hindi, Thai and Japanese.
_LEFT_OUT: Final = regex.compile(
    r"(?V1)[\p{Cf}\p{Cs}\p{Me}\p{ccc=Nukta}\p{Default_Ignorable_Code_Point}\u0640\u07fa]"
    r"|[\p{M}&&[\p{Script=Inherited}\p{Latin}\p{Greek}\p{Cyrillic}\p{Arabic}\p{Hebrew}\p{Syriac}]"
    r"--\p{scx=Hiragana}]"
)
# Normalization sorts the marks on one letter in quadratic time; more than 30 are noise (UAX #15).
_EXCESS_MARKS: Final = regex.compile(r"(?<=\p{M}{30})\p{M}+")

# Letters and numbers that are written without spaces between words.
_UNSPACED: Final = regex.compile(
    r"(?V1)[[\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{scx=Bopomofo}\p{Thai}\p{Lao}\p{Khmer}"
    r"\p{Myanmar}\p{Tai_Le}\p{New_Tai_Lue}\p{Tai_Tham}\p{Tai_Viet}\p{Ahom}\p{Balinese}"
    r"\p{Javanese}]&&[\p{L}\p{N}]--\p{Nd}]"
)
_EMOJI: Final = regex.compile(r"[\p{So}\p{Cn}\p{Emoji_Modifier}]")
# Signs that only separate words, as spaces do.
_SEPARATING: Final = regex.compile(r"(?V1)[[\p{Sk}\p{Pc}\p{Quotation_Mark},،、]--[\^]]")
# Digits and signs that are written for letters; UTS 39 knows some more.
_LEET: Final = dict(zip("0123456789@$€!|", f"o{I_OR_L}zeasgtbgase{I_OR_L * 2}", strict=True))
_LEET_SIGNS: Final = frozenset("@$€|")


class LetterTable(dict[int, str]):
    """Table for ``str.translate`` that is filled as characters are met."""

    def __init__(self, of: Callable[[str], str]) -> None:
        super().__init__()
        self._of = of

    def __missing__(self, code: int) -> str:
        if len(self) >= 2**13:  # more than what people write in
            self.clear()
        self[code] = of = self._of(chr(code))
        return of


def _kept(character: str) -> str:
    """Return what is compared in the place of *character*, decomposed."""
    form, category = unicodedata.normalize("NFKD", character), unicodedata.category(character)
    if len(form) > 1 and form[0] == " ":  # an accent without a letter
        return character if category[0] == "S" or latin(character) else ""
    if latin(character) and not all(map(_is_latin, form)):
        form = unicodedata.normalize("NFD", character)  # \u03f2 looks like c, its sigma not
    kept = "".join(uncrossed(part) for part in form if not _LEFT_OUT.fullmatch(part))
    if category[0] == "S" and len(kept) > 1:
        return f" {kept} "  # ™ would become letters of the word before it
    return kept


def _is_latin(character: str) -> bool:
    return (
        character.isascii() or latin(character) != "" or unicodedata.category(character)[0] == "M"
    )


def _kind(character: str) -> str:
    """Return what *character* is, as one letter of a text's shape."""
    category = unicodedata.category(character)
    if character in _LEET_SIGNS or character == "!":
        return "y" if character == "!" else "x"
    if "\U0001f1e6" <= character <= "\U0001f1ff":
        return "r"  # a regional indicator, half a flag
    if _EMOJI.fullmatch(character):
        return "b" if latin(character) else "e"  # b: a boxed letter
    if character.isspace():
        return " "
    if category[0] == "M":
        return "m"
    if category[0] in "LN":
        if _UNSPACED.fullmatch(character):
            return "v" if latin(character) else "u"  # v: it may be in a Latin word
        return "d" if category == "Nd" else "w"
    if category == "Pd" or character == "\N{MINUS SIGN}":
        return "h"
    if category[0] not in "PS" or _SEPARATING.fullmatch(character):
        return "-"
    return "x" if latin(character) else "s"


def _latin(character: str) -> str:
    """Return the Latin letters that *character* may be written for, or its own small letter."""
    if character in _LEET:
        return _LEET[character]
    if character == "I":
        return I_OR_L
    return character.lower() if character.isascii() else latin(character) or character.casefold()


def _skeleton(character: str) -> str:
    return _LEET.get(character) or skeleton_of(character.casefold())


def skeleton_of(text: str) -> str:
    """Return what a text in small letters is in the readings of :meth:`FoldedText.skeletons`."""
    return "".join(letter if letter.isascii() else skeleton(letter) for letter in text)


_KEPT: Final = LetterTable(_kept)
KINDS: Final = LetterTable(_kind)
LATIN: Final = LetterTable(_latin)
SKELETONS: Final = LetterTable(_skeleton)


def unified(text: str) -> str:
    """Return *text* with one form of each letter, without what is left out; its case stays."""
    if text.isascii():
        return text
    return unicodedata.normalize("NFC", _EXCESS_MARKS.sub("", text.translate(_KEPT)))

"""Reader of the vendor's errors: their words for people, and what these say. Pure: no I/O."""

import re
from collections.abc import Iterable
from typing import Any, Final

from bot.pixazo.lenient_json import documents, member, strings

LONGEST_MESSAGE: Final = 300  # characters of a vendor's message that are kept
_JUDGED: Final = 4000  # characters of an answer whose words are judged
_DEEPEST: Final = 20

_MAIN: Final = ("message", "error", "errormessage", "title", "description", "reason", "msg", "text")
_DETAIL: Final = ("detail", "details", "errors", "errordescription")
_ECHO: Final = re.compile("prompt|input|request|params|parameters|body|url|trace|stack")

_QUOTA: Final = re.compile(r"\bquotas?\b|\brate limit|\btoo many requests\b")
_SHORT_OF: Final = (
    r"insufficient|not enough|no(?: more)?|(?:out|ran out|run out|lack) of|low|exhausted|empty"
    r"|depleted|exceeded|negative|zero|need more|add|buy|purchase|used up"
)
_NO_MONEY: Final = re.compile(
    rf"\b(?:{_SHORT_OF}) (?:\w+ ){{0,3}}(?:balance|credits?|funds|wallet)\b"
    r"|\b(?:balance|credits?|funds|wallet)\b(?: \w+){0,4} (?:insufficient|enough|low|empty"
    r"|exhausted|depleted|exceeded|negative|zero|used up|run out|required)\b"
    r"|\btop(?:ping)? ?up\b|\brecharge\b|\bpayment required\b|\bbilling (?:hard )?limit\b"
)
_MONEY: Final = re.compile(
    r"\b(?:balance|credits?|wallets?|billing|payments?|insufficient funds|unpaid|overdue)\b"
)
_CONTENT: Final = re.compile(
    r"\bcontent (?!type|length|encoding)(?:\w+ )?"
    r"(?:polic|filter|violat|guideline|rule|restrict|not allowed|blocked|rejected)"
    r"|\bcontent (?!type|length|encoding).{0,40}"
    r"\b(?:violat|refused|rejected|blocked|not (?:allowed|permitted))"
    r"|\bmoderat(?:ion|ed|or)\b|\bunsafe\b|\bnsfw\b|\bnot safe for work\b|\bsafety\b(?! checker)"
    r"|\bviolat\w+ (?:\w+ ){0,5}(?:polic|terms|guideline|rule|standard)|\bpolicy violation"
    r"|\busage polic|\bcommunity (?:guideline|standard)|\bguidelines\b|\bnudity\b|\bsexual"
    r"|\bexplicit\b|\bpornograph|\bviolence\b|\bhateful\b|\bhate speech\b|\bself harm\b|\bharmful\b"
    r"|\boffensive\b|\bcopyright"
    r"|\b(?:banned|blocked|forbidden|disallowed) (?:word|term|content|phrase)"
)
# These may be about an account as well.
_REFUSED: Final = re.compile(
    r"\b(?:prohibited|inappropriate|flagged|(?<!case )sensitive|disallowed|obscene)\b"
)
_ORDERED: Final = re.compile(r"\b(?:prompts?|content|images?|text|words?|terms?|phrases?|input)\b")
_ACCOUNT: Final = re.compile(
    r"\b(?:access|accounts?|api ?keys?|keys?|subscriptions?|ip|tokens?|permissions?|region)\b"
)
_WORD: Final = re.compile(r"[^\W_]+")
_OPENING_QUOTES: Final = frozenset("\"'`:([\u201c\u2018\u00ab")


def message(value: Any) -> str:
    """Return the words for people in an error, however it is nested; empty: there are none."""
    return _flat(value, depth=0)


def shortened(text: str) -> str:
    """Return *text* as one short line that the store and Discord take."""
    line = " ".join(cleaned(text).split())
    return line if len(line) <= LONGEST_MESSAGE else line[: LONGEST_MESSAGE - 1] + "…"


def cleaned(text: str) -> str:
    """Return *text* without characters that the store or Discord rejects."""
    return text.encode("utf-8", "replace").decode().replace("\x00", "")


def spoken(value: Any, *, prompts: Iterable[str] = ()) -> str:
    """Return all words of an error for the functions below, without those of the *prompts*."""
    text = _spaced(" ".join(strings(value, without=_ECHO))[:_JUDGED])
    for prompt in prompts:
        text = _without_echo(text, _spaced(prompt))
    return " ".join(text.lower().split())


def says_quota(words: str) -> bool:
    """Tell whether too much was asked for in a time."""
    return _QUOTA.search(words) is not None


def says_no_money(words: str) -> bool:
    """Tell whether *words* can only mean that the wallet is empty."""
    return _NO_MONEY.search(words) is not None


def says_money(words: str, *, prompts: Iterable[str]) -> bool:
    """Tell whether *words* are about money, by one that is not in the *prompts*."""
    heard = {word for prompt in prompts for word in _WORD.findall(_spaced(prompt).casefold())}
    return any(heard.isdisjoint(found.split()) for found in _MONEY.findall(words))


def says_content(words: str) -> bool:
    """Tell whether the vendor does not draw what the order asks for."""
    if _CONTENT.search(words):
        return True
    if not _REFUSED.search(words):
        return False
    return _ORDERED.search(words) is not None or _ACCOUNT.search(words) is None


def _flat(value: Any, *, depth: int) -> str:
    if value is None or isinstance(value, bool) or depth > _DEEPEST:
        return ""
    if isinstance(value, str):
        held = documents(value) if value.strip()[:1] in {"{", "["} else []
        return _flat(held, depth=depth + 1) or value
    if isinstance(value, list):
        return "; ".join(dict.fromkeys(filter(None, (_flat(v, depth=depth + 1) for v in value))))
    if not isinstance(value, dict):
        return str(value)
    place = member(value, ("loc",))
    if isinstance(place, list) and (said := _flat(member(value, ("msg",)), depth=depth + 1)):
        where = ".".join(str(part) for part in place if part != "body")
        return f"{where}: {said}" if where else said
    main = _first(value, _MAIN, depth=depth)
    detail = _first(value, _DETAIL, depth=depth)
    if main and detail and detail not in main:
        return detail if main in detail else f"{main}: {detail}"
    if main or detail:
        return main or detail
    parts = ((str(key), _flat(inner, depth=depth + 1)) for key, inner in value.items())
    return ", ".join(f"{key}: {said}" for key, said in parts if said)


def _first(container: dict[str, Any], names: Iterable[str], *, depth: int) -> str:
    """Return the words of the first member that has some: a number alone says nothing."""
    for name in names:
        said = _flat(member(container, (name,)), depth=depth + 1)
        if re.search(r"[^\W\d]", said):
            return said
    return ""


def _spaced(text: str) -> str:
    """Return *text* with the words of names apart: ``content_policy``, ``contentPolicy``."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])|[_-]+", " ", text)


def _without_echo(text: str, prompt: str) -> str:
    """Return *text* without what it quotes of *prompt*: two words in a row, or one in quotes."""
    heard = f" {' '.join(_WORD.findall(prompt.casefold()))} "
    words = list(_WORD.finditer(text))
    kept, position, index = [], 0, 0
    while index < len(words):
        end, run = index, " "
        while end < len(words) and f"{run}{words[end][0].casefold()} " in heard:
            run += f"{words[end][0].casefold()} "
            end += 1
        start = words[index].start()
        quoted = text[:start].rstrip()[-1:] in _OPENING_QUOTES
        if end - index > 1 or (end > index and quoted):
            kept.append(text[position:start])
            position = words[end - 1].end()
        index = max(end, index + 1)
    return " ".join([*kept, text[position:]])

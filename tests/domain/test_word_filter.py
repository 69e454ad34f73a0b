"""A server's blocked phrases and its allow list."""

import time
import unicodedata
from functools import partial, reduce

import pytest
import regex
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from bot.domain import word_filter
from bot.domain.errors import InvalidPhrase, PhraseFault
from bot.domain.folding import FoldedText
from bot.domain.order import clean
from bot.domain.word_filter import (
    LONGEST_PHRASE,
    MOST_CHARACTERS,
    MOST_PHRASES,
    Finding,
    WordLists,
    add,
    phrase,
    remove,
)
from bot.lookalikes import latin as latin_letters

NO_PHRASES: tuple[str, ...] = ()

# Every format character, and what else Unicode calls default-ignorable.
INVISIBLE = (
    *(chr(code) for code in range(0x110000) if unicodedata.category(chr(code)) == "Cf"),
    *"\u034f\u115f\u1160\u17b4\u17b5\u180b\u180f\u2065\u3164\ufe00\ufe0e\ufe0f\uffa0\ufff0",
    *"\U000e0000\U000e0080\U000e0100\U000e01ef\U000e0fff",
)
FULL_WIDTH = {code: code + 0xFEE0 for code in range(0x21, 0x7F)} | {0x20: 0x3000}

# Signs that may mean something, and all characters that look like a letter.
SIGNS = [
    chr(code)
    for code in range(0x110000)
    if unicodedata.category(chr(code))[0] in "PS"
    and chr(code) not in "*,;\uff0c\u060c\u3001\uff1b\u061b"
]
OF_SENTENCE = regex.compile(r"[\p{Terminal_Punctuation}…¿¡]")
EMOJI = regex.compile(r"\p{So}")  # of a younger Unicode than Python's
ALIKE = {letter: [letter, letter.upper()] for letter in "abcdefghijklmnopqrstuvwxyz"}
for alike in map(chr, range(0x80, 0x20000)):
    if (letter := latin_letters(alike)) in ALIKE and unicodedata.category(alike)[0] == "L":
        ALIKE[letter].append(alike)

# Of some scripts with spaces: letters, and what may follow a letter within a word.
SCRIPTS = {
    "abcdefghijklmnopqrstuvwxyzßéñ": "abcxyz0123456789",
    "αβγδεζηθικλμνξοπρσςτυφχψω": "αβγς",
    "абвгдежзийклмнопрстуфхцчшщъыьэюя": "абв",
    "אבגדהוזחטיכלמנסעפצקרשת": "אבג",
    "ابتثجحخدذرزسشصضطظعغفقكلمنهوي": "ابت",
    "कखगघचछजझटठडढतथदधनपफबभमयरलवशषसह": "कखग\u093f\u0947\u094d",
    "가나다라마바사아자차카타파하": "가나다각",
}

texts = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from(
            "aAßİ\u0131\u017fﬁ®™ⓐ½_'-\u00b4 \u0301\u0323\u0345\u0f73\u1160\u1161\u11a8"
        ),
        st.sampled_from("中あｶﾞーกำลาខ្មែမြန်🍆👍🏿🇩🇪1\u20e3\ufe0f\u200d"),
    ),
    max_size=40,
)
latin = st.text(st.sampled_from("abcdefghijklmnopqrstuvwxyz"), min_size=1, max_size=8)
punctuation = st.text(st.characters(categories=["P", "Z", "Sc", "Sk"]), min_size=1, max_size=4)
script = st.sampled_from(sorted(SCRIPTS))


examine = partial(word_filter.examine, look_alikes=False)
first_blocked_phrase = partial(word_filter.first_blocked_phrase, look_alikes=False)


def stops(blocked, prompt, *, allowed=()):
    """Tell whether a list with only *blocked* stops *prompt*."""
    words = WordLists(blocked=(blocked,), allowed=tuple(allowed))
    return first_blocked_phrase(words, prompt) is not None


def tokens(text):
    """Return what is compared of *text*."""
    return tuple(said for said, _, _ in FoldedText(text).words.tokens)


@given(texts)
@example("İ\u0307")
@example("a" + "\u0f73" * 40 + "b")
def test_words_are_the_words_of_themselves(text):
    once = tokens(text)

    assert tokens(" ".join(once)) == once


@given(latin, st.data())
def test_what_cannot_be_seen_hides_no_word(word, data):
    hidden = data.draw(st.lists(st.sampled_from(INVISIBLE), max_size=5))
    prompt = word
    for character in hidden:
        position = data.draw(st.integers(0, len(prompt)))
        prompt = prompt[:position] + character + prompt[position:]

    assert stops(word, f"a photo of {prompt}, at dusk")
    assert stops(prompt, f"a photo of {word}, at dusk")


@given(latin, st.sampled_from(SIGNS), latin, st.booleans())
@example("a", "$$", "b", True)
@example("a", "-", "b", False)
@example("a", "\u2017", "b", False)
def test_a_phrase_with_a_sign_never_stops_its_words(word, sign, other, look_alikes):
    """It is kept with the sign, or refused."""
    for typed in (word + sign, sign + word, word + sign + other, f"{word}{sign} {other}"):
        try:
            blocked = add((), typed)
        except InvalidPhrase:
            continue
        if any(map(str.isalnum, unicodedata.normalize("NFKC", sign))):
            continue  # ™, ⓐ and their kind are letters
        if other in typed and not FoldedText(f"a{sign}b").has_signs():
            continue  # a dash within a phrase is a space
        if len(word) > 1 and typed in {word + sign, sign + word} and OF_SENTENCE.fullmatch(sign):
            continue  # which is no part of the phrase
        words = WordLists(blocked=blocked)
        find = partial(word_filter.first_blocked_phrase, words, look_alikes=look_alikes)
        assert find(f"{word} {other}, {other}") is None, typed
        assert find(f"{typed} x") is not None, typed


@given(latin.filter(lambda word: len(word) > 2), st.data())
def test_no_letters_that_look_alike_hide_a_word(word, data):
    disguised = "".join(data.draw(st.sampled_from(ALIKE[letter])) for letter in word)
    spaced = data.draw(st.sampled_from([" ", ".", "-", " * ", "🍆", " 🍆 ", "_", "/"])).join(word)
    blocked = WordLists(blocked=(word,))

    for prompt in (f"red {disguised} here", f"red {spaced} here"):
        assert word_filter.first_blocked_phrase(blocked, prompt, look_alikes=True), prompt


@given(texts, texts)
def test_the_option_finds_no_less(typed, prompt):
    try:
        words = WordLists(blocked=add((), typed))
    except InvalidPhrase:
        return
    plain = first_blocked_phrase(words, prompt)

    assert plain is None or word_filter.first_blocked_phrase(words, prompt, look_alikes=True)


LONG = [
    *(
        "a",
        "a ",
        "a.",
        "a 🍆 ",
        "a🍆",
        "🍆",
        "$",
        "a!",
        "aI",
        "🇩",
        "\u0435.",
        "悪",
        "न\u093f",
        "a -1 ",
    ),
    *("a\u200d", "ก\u0e47\u0e47", "a . . ", "1a ", "a a.", "- ", " .", ".", "ﷺ"),
    *("悪🍆", "悪 ", "a-", "aa_", "a'b", "a1 ", "1 ", "씨 ", "씨.", "🇩🇪a", "Il1", "i", "рот "),
]


@pytest.mark.parametrize("unit", LONG)
def test_the_time_grows_with_the_length_of_the_text_only(unit):
    """A time that grew with its square would grow 256 times."""
    typed = ("a" * 50 + "b*", "*" + "a" * 80 + "c*", "*a b", "хуй", "a+", "a a a a a b", "*lill*")
    words = WordLists(blocked=typed, allowed=("aaa*",))

    def seconds(length):
        text = "a" + (unit * length)[:length]
        started = time.process_time()
        word_filter.examine(words, clean(text), look_alikes=True)
        return time.process_time() - started

    seconds(1000)
    assert seconds(32_000) < 80 * max(min(seconds(2000) for _ in range(3)), 0.001)


def test_nothing_invisible_is_a_word_or_parts_one():
    assert tokens("".join(INVISIBLE)) == ()
    assert tokens("a" + "".join(INVISIBLE) + "b") == ("ab",)
    assert tokens("e\u200b\u0301") == tokens("é")
    assert tokens("a\ud800b") == ("ab",)  # half a character


@given(script.flatmap(lambda letters: st.text(st.sampled_from(letters), min_size=1)))
def test_case_hides_no_word(word):
    assert tokens(word.upper()) == tokens(word.lower()) == tokens(word)


@given(st.text(st.sampled_from("abcxyz0189 "), min_size=1))
def test_width_hides_no_word(text):
    assert tokens(text.translate(FULL_WIDTH)) == tokens(text)


@pytest.mark.parametrize(
    ("blocked", "prompt"),
    [
        ("ass", "aß"),
        ("STRASSE", "die Straße"),
        ("fit", "ﬁt"),
        ("bad", "ⓑⓐⓓ"),
        ("bad", "\U0001d553\U0001d4b6\U0001d589"),
        ("69", "⑥⑨"),
        ("69", "6️⃣9️⃣"),
        ("sik", "SİK"),
        ("café", "cafe\u0301"),
        ("mickey mouse", "Mickey Mouse™"),
    ],
)
def test_one_word_is_found_in_all_its_shapes(blocked, prompt):
    assert stops(blocked, prompt)


@pytest.mark.parametrize("prompt", ["assistance", "a class of pupils", "Assassin", "ass1", "assé"])
def test_a_word_within_a_word_is_another_word(prompt):
    """A member whose assistant is refused for its first three letters trusts no filter again."""
    assert not stops("ass", prompt)


@given(script, st.data())
def test_a_phrase_within_a_longer_word_is_never_found(letters, data):
    letter = st.sampled_from(letters)
    words = data.draw(st.lists(st.text(letter, min_size=1, max_size=5), min_size=1, max_size=3))
    before = data.draw(st.text(letter, max_size=3))
    after = data.draw(st.text(st.sampled_from(SCRIPTS[letters]), max_size=3))
    assume(before or after)
    blocked = " ".join(words)

    assert stops(blocked, blocked)
    assert not stops(blocked, before + blocked + after)


@given(latin, punctuation, punctuation)
@example("bad", "_", "'s")
@example("bad", "\u00b4", "\u00b4")
@example("bad", "(\u0301", "!")
def test_a_word_is_found_whatever_punctuation_is_around_it(word, before, after):
    assert stops(word, f"{before}{word}{after}")


@given(st.lists(latin, min_size=2, max_size=4), st.data())
def test_a_phrase_is_found_across_any_separators(words, data):
    signs = st.characters(categories=["P", "Z", "Sm"]).filter(lambda sign: not EMOJI.match(sign))
    separator = st.text(signs, max_size=3)
    prompt = words[0]
    for word in words[1:]:
        prompt += f"-{data.draw(separator)}{word}"

    assert stops(" ".join(words), prompt)
    assert stops(" - ".join(words), prompt)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("हिन्दी में लिखो", ("हिन्दी", "में", "लिखो")),
        ("كَتَبَ الوَلَـد", ("كتب", "الولد")),
        ("tiếng Việt", ("tieng", "viet")),
        ("나쁜 말", ("나쁜", "말")),
        ("悪い言葉", ("悪", "い", "言", "葉")),
        ("ﾊﾞｶ々", ("バ", "カ", "々")),
        ("ที่นี่ ๑๒", ("ที่", "นี่", "๑๒")),
        ("ខ្មែរ", ("ខ្", "មែ", "រ")),
        ("a中b", ("a", "中", "b")),
        ("don't snake_case", ("don", "t", "snake", "case")),
        ("a🍆🍆b", ("a", "🍆", "🍆", "b")),
        ("👍🏿", ("👍", "🏿")),
        ("❤️", ("❤",)),
        ("👩‍🚀", ("👩", "🚀")),
        ("\U0001faf9", ("\U0001faf9",)),
        ("🇩🇪🇫🇷🇦", ("🇩🇪", "🇫🇷", "🇦")),
        ("#️⃣ <3 $ \u0301", ("3",)),
    ],
)
def test_a_text_falls_into_its_words(text, words):
    assert tokens(text) == tuple(unicodedata.normalize("NFKC", word) for word in words)


def test_an_emoji_is_blocked_in_any_company():
    assert stops("🍆", "a photo🍆🏿of🍑")
    assert stops("👍", "👍🏿")
    assert not stops("🍆", "🍑")


def test_a_flag_is_not_found_between_two_others():
    """Andorra and Spain hold, letter by letter, Germany."""
    assert stops("🇩🇪", "🇫🇷🇩🇪!")
    assert not stops("🇩🇪", "🇦🇩🇪🇸")


@given(*[st.text(st.sampled_from("悪い言葉裸体カナ"), max_size=5)] * 3)
def test_without_spaces_a_phrase_is_found_inside_a_run(before, blocked, after):
    assume(blocked)

    assert stops(blocked, before + blocked + after)


few = st.text(st.sampled_from("ab"), min_size=1, max_size=4).map(" ".join)
lists = st.lists(few, max_size=4, unique=True).map(tuple)


@settings(max_examples=300)
@given(lists, lists, st.text(st.sampled_from("abc"), max_size=12).map(" ".join))
@example(("a b a", "b"), (), "b a")
@example(("a a", "a"), ("a b a", "b a a"), "a b a a")
@example(("a a b", "b"), ("a b", "a a"), "a a b")
@example((), (), "")
def test_a_finding_is_what_looking_everywhere_finds(blocked, allowed, prompt):
    hits, shelters = _everywhere(blocked, prompt), _everywhere(allowed, prompt)

    def around(hit):
        return {text for a, b, text in shelters if a <= hit[0] and hit[1] <= b}

    counting = [hit for hit in hits if not around(hit)]
    deciding = min(counting or hits, key=lambda hit: (hit[0], -hit[1]), default=None)

    finding = examine(WordLists(blocked=blocked, allowed=allowed), prompt)

    assert finding.blocked == (deciding[2] if deciding else None)
    assert (finding.allowed is None) == (not deciding or bool(counting))
    assert finding.allowed is None or (deciding and finding.allowed in around(deciding))
    assert first_blocked_phrase(WordLists(blocked=blocked, allowed=allowed), prompt) == (
        deciding[2] if deciding and counting else None
    )


def _everywhere(phrases, prompt):
    """Return each place of each phrase: its first character, its end and the phrase."""
    return [
        (start, start + len(text), text)
        for text in phrases
        for start in range(0, len(prompt), 2)
        if prompt.startswith(text, start)
    ]


def test_an_allowed_phrase_waives_only_what_is_inside_it():
    words = WordLists(blocked=("Bitch", "face off"), allowed=("Resting Bitch-Face",))

    assert first_blocked_phrase(words, "a resting bitch face") is None
    assert first_blocked_phrase(words, "a resting bitch") == "Bitch"
    assert first_blocked_phrase(words, "a resting bitch face, bitch") == "Bitch"
    assert (
        first_blocked_phrase(words, "a resting bitch face off") == "face off"
    )  # only its half is inside
    assert examine(words, "a RESTING bitch face") == Finding(
        blocked="Bitch", allowed="Resting Bitch-Face"
    )


def test_what_stops_a_prompt_is_told_before_what_was_waived():
    words = WordLists(blocked=("cock", "naked"), allowed=("cock fight",))

    assert examine(words, "a cock fight, naked") == Finding(blocked="naked")
    assert examine(words, "a cock fight") == Finding(blocked="cock", allowed="cock fight")
    assert examine(words, "a fight") == Finding()


def test_the_first_phrase_in_the_prompt_is_named_as_it_was_typed():
    words = WordLists(blocked=("Wolf", "BIG  bad", "big"))

    assert first_blocked_phrase(words, "a big   BAD-wolf") == "BIG  bad"
    assert first_blocked_phrase(words, "a wolf, big") == "Wolf"
    assert first_blocked_phrase(words, "a lamb") is None


def test_no_list_stops_nothing():
    assert examine(WordLists(), "anything") == Finding()


def test_a_phrase_without_words_stops_nothing():
    """None can be added; should one be on record all the same, it must not stop every prompt."""
    assert not stops("!!!", "anything !!! goes")
    assert stops("a", "a", allowed=["!!!"])


def test_a_phrase_is_kept_clean():
    assert phrase("  Big\n bad\u200b   Cafe\u0301 ❤️ ") == "Big bad Café ❤️"
    assert phrase("x" * LONGEST_PHRASE + "  ") == "x" * LONGEST_PHRASE


NO_WORD = ("", " \n", "?!", "\u200b", "\u3164", "\u0301", "#️⃣")


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        *((text, (PhraseFault.NO_WORD, 1, 0)) for text in NO_WORD),
        ("x" * 101, (PhraseFault.TOO_LONG, LONGEST_PHRASE, 101)),
    ],
)
def test_a_phrase_without_a_word_or_too_long_is_refused(text, refusal):
    with pytest.raises(InvalidPhrase) as error:
        phrase(text)

    assert (error.value.fault, error.value.limit, error.value.got) == refusal
    fault, limit, got = refusal
    assert str(error.value) == f"{fault}: {got} where the limit is {limit}"


def test_the_same_words_are_added_once():
    phrases = add(add((), "Big bad wolf"), "🍆")

    assert phrases == ("Big bad wolf", "🍆")
    assert add(phrases, "big".translate(FULL_WIDTH) + "  BAD-wolf!") is phrases


def test_a_phrase_is_removed_by_its_words():
    phrases = ("Big bad wolf", "lamb", "🍆")

    assert remove(phrases, "big, bad\u200b\u3164WOLF") == ("lamb", "🍆")
    assert remove(phrases, "wolf") is phrases
    assert remove(phrases, "") is phrases


@given(st.lists(latin, max_size=6), latin)
def test_removing_takes_back_what_adding_did(kept, text):
    phrases = reduce(add, kept, NO_PHRASES)
    grown = add(phrases, text)

    assert len({tokens(one) for one in grown}) == len(grown)
    assert grown[: len(phrases)] == phrases
    assert (remove(grown, text.upper()) == phrases) == (grown is not phrases)


def test_a_list_is_full_at_its_most_phrases():
    full = reduce(add, map(str, range(MOST_PHRASES)), NO_PHRASES)

    with pytest.raises(InvalidPhrase) as refusal:
        add(full, "one more")

    assert len(full) == MOST_PHRASES
    assert add(full, "7") is full  # which needs no room
    assert (refusal.value.fault, refusal.value.got) == (PhraseFault.TOO_MANY, MOST_PHRASES + 1)


def test_a_list_is_full_where_a_modal_would_not_hold_it():
    """A moderator edits a list in one field: what did not fit there could not be saved again."""
    long = reduce(add, (f"{number:099}" for number in range(39)), NO_PHRASES)
    full = add(long, "x" * 100)
    assert len("\n".join(full)) == MOST_CHARACTERS

    with pytest.raises(InvalidPhrase) as refusal:
        add(add(long, "x" * 99), "y")

    assert (refusal.value.fault, refusal.value.got) == (
        PhraseFault.LIST_TOO_LONG,
        MOST_CHARACTERS + 1,
    )


@pytest.mark.parametrize("typed", ["Z\u0301;", "🍆;;", "0 |;", "a;b | c ;", "*🍆 Z\u0301;"])
def test_a_list_that_is_typed_again_stays_as_it_is(typed):
    kept = add((), typed)

    assert add((), "\n".join(kept)) == kept

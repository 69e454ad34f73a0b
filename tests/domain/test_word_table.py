"""What moderators may expect of the word filter, pair by pair: read the last column first."""

import pytest

from bot.domain.errors import InvalidPhrase, PhraseFault
from bot.domain.order import clean
from bot.domain.word_filter import WordLists, add, first_blocked_phrase

PLAIN, ALIKE = False, True  # the option "also find look-alikes"
STOPS, TAKEN = True, False

# The blocked phrases as typed; the option; the prompt; what becomes of it; why.
TABLE = [
    # What is compared is what was typed.
    ("a$$", PLAIN, "a cat", TAKEN, "the phrase has signs, so it is not the word a"),
    ("a$$", ALIKE, "a cat", TAKEN, "not with the option either"),
    ("a$$", PLAIN, "nice a$$", STOPS, "the signs are there as they were typed"),
    ("a$$", PLAIN, "a$$istant", TAKEN, "within a longer word it is another word"),
    ("18+", PLAIN, "18 candles", TAKEN, "18+ is not the number 18"),
    ("18+", PLAIN, "an 18+ scene", STOPS, "as it was typed"),
    ("18+", PLAIN, "18+5 candles", TAKEN, "that is a sum"),
    ("-18", PLAIN, "18 candles", TAKEN, "the minus belongs to the number"),
    ("<3", PLAIN, "3 wolves", TAKEN, "a heart is not the number 3"),
    ("<3", PLAIN, "wolves <3", STOPS, "as it was typed"),
    ("c++", PLAIN, "vitamin c", TAKEN, "c++ is not the letter c"),
    ("c#", PLAIN, "vitamin c", TAKEN, "c# is not the letter c"),
    ("c++", PLAIN, "a C++ book, open", STOPS, "case makes no difference"),
    ("sh!p", PLAIN, "sh p", TAKEN, "the sign is not a space"),
    ("50%", PLAIN, "50 wolves", TAKEN, "the percent sign belongs to the number"),
    ("#1", PLAIN, "1 wolf", TAKEN, "the hash belongs to the number"),
    ("9-11", PLAIN, "pages 9, 11", TAKEN, "a dash between digits belongs to them"),
    ("9-11", PLAIN, "9–11", STOPS, "whatever dash it is"),
    (":3", PLAIN, "3 wolves", TAKEN, "a smiley is not a number"),
    ("b00k", ALIKE, "a book", TAKEN, "a phrase in leet blocks only itself"),
    ("bad wolf!", PLAIN, "a bad wolf in the snow", STOPS, "the end of a sentence is no part of it"),
    ('"bad wolf"', PLAIN, "a bad wolf", STOPS, "nor are quotation marks around it"),
    ("big bad wolf", PLAIN, "big, bad wolf", STOPS, "signs in a prompt separate its words"),
    ("big-bad wolf", PLAIN, "a big bad-wolf", STOPS, "dashes and spaces are the same"),
    # Whole words.
    ("ass", ALIKE, "a class of bass players in Essex", TAKEN, "within a word it is another word"),
    ("cunt", ALIKE, "Scunthorpe by night", TAKEN, "the town that every filter stops"),
    ("wolf", PLAIN, "wolves", TAKEN, "other forms are other words: use wol* for both"),
    ("big bad", PLAIN, "bad big wolf", TAKEN, "the order counts"),
    # Lists as Discord's AutoMod takes them.
    ("wolf, lamb", PLAIN, "a lamb", STOPS, "commas separate phrases"),
    ("wolf, lamb", PLAIN, "a wolf", STOPS, "both are blocked"),
    ("wolf\nbad lamb", PLAIN, "a bad lamb", STOPS, "so do line breaks"),
    ("狼、羊", PLAIN, "羊", STOPS, "so do commas of other scripts"),
    ("ذئب، خروف", PLAIN, "خروف", STOPS, "and those of Arabic"),
    ("cat*", PLAIN, "Catapults", STOPS, "a star at the end: words that begin so"),
    ("cat*", PLAIN, "wildcat", TAKEN, "but none that only end so"),
    ("*cat", PLAIN, "copycat", STOPS, "a star at the start: words that end so"),
    ("*cat", PLAIN, "location", TAKEN, "but none that go on"),
    ("*cat*", PLAIN, "education", STOPS, "stars at both: anywhere"),
    ("the mat*", PLAIN, "the matrix", STOPS, "in phrases of several words, too"),
    ("*the mat*", PLAIN, "breathe matter", STOPS, "across words, as AutoMod does"),
    ("cat*", PLAIN, "a cat", STOPS, "the word itself begins so"),
    # Accents, overlays and vowel signs.
    ("café", PLAIN, "a cafe", STOPS, "accents make no difference (Latin)"),
    ("cafe", PLAIN, "a café", STOPS, "in neither direction"),
    ("blood", PLAIN, "b\u0336l\u0336o\u0336o\u0336d\u0336", STOPS, "letters that are struck out"),
    ("blood", PLAIN, "bløød", STOPS, "a stroke over a letter is an accent, too"),
    ("blood", PLAIN, "b\u0301\u0302\u0303\u0304lood", STOPS, "however many marks are on a letter"),
    ("кровь", PLAIN, "КРО\u0301ВЬ", STOPS, "stress marks (Cyrillic)"),
    ("αίμα", PLAIN, "ΑΙΜΑ", STOPS, "capitals are written without accents (Greek)"),
    ("كتاب", PLAIN, "كِتَاب", STOPS, "vowel signs may be left out (Arabic)"),
    ("كتاب", PLAIN, "كـــتاب", STOPS, "a kashida only stretches a word"),
    ("שלום", PLAIN, "שָׁלוֹם", STOPS, "vowel signs may be left out (Hebrew)"),
    ("कमल", PLAIN, "कमाल", TAKEN, "here vowel signs make another word (Devanagari)"),
    ("バカ", PLAIN, "ハカ", TAKEN, "here the marks make another letter (Katakana)"),
    ("ที่นี่", PLAIN, "เจอกันที่นี่นะ", STOPS, "found within a run, as there are no spaces (Thai)"),
    ("裸体", PLAIN, "一张裸体画", STOPS, "found within a run, as there are no spaces (Han)"),
    ("나쁜 말", PLAIN, "아주 나쁜 말!", STOPS, "whole words (Hangul)"),
    ("գայլ", PLAIN, "ԳԱՅԼ", STOPS, "case (Armenian)"),
    ("მგელი", PLAIN, "ორი მგელი", STOPS, "whole words (Georgian)"),
    # Width and other forms of a letter are never another word.
    ("blood", PLAIN, "ｂｌｏｏｄ", STOPS, "full width"),
    ("blood", PLAIN, "𝓫𝓵𝓸𝓸𝓭 ⓑⓛⓞⓞⓓ", STOPS, "letters of formulas, letters in circles"),
    ("blood", PLAIN, "bl\u200bood", STOPS, "nothing invisible hides a word"),
    # Look-alikes, leet and spaced letters: only with the option.
    ("blood", PLAIN, "bl00d", TAKEN, "without the option 0 is not o"),
    ("blood", ALIKE, "Bl00d", STOPS, "0 for o"),
    ("kill", ALIKE, "k1ll", STOPS, "1 for i"),
    ("kill", ALIKE, "ki11", STOPS, "1 for l"),
    ("kill", ALIKE, "kiII", STOPS, "a capital I for l"),
    ("hell", ALIKE, "heil", TAKEN, "i and l are not the same letter"),
    ("ass", ALIKE, "a$$", STOPS, "$ for s"),
    ("blood", ALIKE, "b|ood", STOPS, "| for l"),
    ("ship", ALIKE, "sh!p", STOPS, "! for i"),
    ("ship", ALIKE, "ship!", STOPS, "but behind a word it is only a sign"),
    ("ass", ALIKE, "room 455", TAKEN, "a number is not a word"),
    ("ak", ALIKE, "4k, 8k, 3d", TAKEN, "nor is a digit with a unit"),
    ("oak", ALIKE, "100 oaks", TAKEN, "nor do numbers join the word behind them"),
    ("blood", PLAIN, "b l o o d", TAKEN, "without the option letters are words of their own"),
    ("blood", ALIKE, "b l o o d", STOPS, "spaced letters"),
    ("blood", ALIKE, "a b l o o d bath", STOPS, "with a word of one letter before them"),
    ("bad wolf", ALIKE, "a b a d w o l f", STOPS, "of several words, too"),
    ("nude", ALIKE, "n.u.d.e", STOPS, "letters with signs between them"),
    ("nude", ALIKE, "n - u - d - e", STOPS, "and with spaces, too"),
    ("nude", ALIKE, "n 🍆 u 🍆 d 🍆 e", STOPS, "letters with emoji between them"),
    ("nude", ALIKE, "n 🍆 u d 🍑 e", STOPS, "now and then"),
    ("blood", ALIKE, "b 1 0 0 d", STOPS, "digits for some of the letters"),
    ("ass", ALIKE, "rows a 5 5", TAKEN, "but one letter among digits is no word"),
    ("nude", ALIKE, "n🍆u🍆de", STOPS, "emoji within a word"),
    ("usa", ALIKE, "made in the U.S.A.", STOPS, "that is the word, spelled"),
    ("ass", ALIKE, "N.A.S.S.A.", TAKEN, "within spelled letters it is another word"),
    ("hell", ALIKE, "H E L L O, S H E L L", TAKEN, "the same with spaces"),
    ("locks", ALIKE, "a b c blocks", TAKEN, "spaced letters do not join the word behind them"),
    ("therapist", ALIKE, "the rapist", TAKEN, "only single letters are joined"),
    ("blood", ALIKE, "вlооd", STOPS, "Cyrillic letters among Latin ones"),
    ("sex", ALIKE, "a photo of ѕех", STOPS, "all letters are Cyrillic, and the prompt is not"),
    ("pot", ALIKE, "открытый рот", TAKEN, "a Russian word in a Russian prompt (рот: mouth)"),
    ("рот", ALIKE, "a pot of tea", TAKEN, "nor does a Russian phrase stop an English word"),
    ("волк", ALIKE, "вoлк", STOPS, "a Latin o in a Russian word"),
    ("кровь", ALIKE, "к р о в ь", STOPS, "spaced letters of any script"),
    ("кровь", ALIKE, "кр0вь", STOPS, "leet in a Russian word"),
    ("αίμα", ALIKE, "α.ί.μ.α", STOPS, "spaced letters with accents"),
    ("کتاب", ALIKE, "كتاب", STOPS, "letters of a Persian and an Arabic keyboard"),
    ("バカ", ALIKE, "バ力", STOPS, "a Han character in place of a Kana that looks the same"),
    ("blood", ALIKE, "βlοοd", STOPS, "Greek letters among Latin ones"),
    ("blood", ALIKE, "ʙʟᴏᴏᴅ", STOPS, "small capitals"),
    ("blood", ALIKE, "🅱🅻🅾🅾🅳", STOPS, "letters in boxes"),
    ("nude", ALIKE, "🇳 🇺 🇩 🇪", STOPS, "letters of flags"),
    ("de", ALIKE, "flag 🇩🇪", TAKEN, "but one flag is a flag"),
    ("ꓐlood", ALIKE, "ꓐlood", STOPS, "a phrase may look like anything itself"),
    ("blood", ALIKE, "ꓐꓡꓳꓳꓓ", STOPS, "letters of other scripts that look Latin (Lisu)"),
    ("bad wolf", ALIKE, "b4d w0lf", STOPS, "phrases of several words"),
    ("cat*", ALIKE, "c4tapult", STOPS, "with a star, too"),
    ("bloood", ALIKE, "blood", TAKEN, "repeated letters are not counted out"),
    # Emoji and flags are words.
    ("🍆", PLAIN, "a 🍆🏿 photo", STOPS, "in any skin tone"),
    ("🇩🇪", PLAIN, "🇦🇩🇪🇸", TAKEN, "a flag is not found between two others"),
]


@pytest.mark.parametrize(("phrases", "look_alikes", "prompt", "stopped", "why"), TABLE)
def test_what_a_phrase_stops(phrases, look_alikes, prompt, stopped, why):
    words = WordLists(blocked=add((), phrases))

    found = first_blocked_phrase(words, clean(prompt), look_alikes=look_alikes)

    assert (found is not None) == stopped, why


@pytest.mark.parametrize(
    ("phrase", "fault"),
    [
        ("b*d", PhraseFault.WILDCARD),  # AutoMod has no star within a phrase
        ("*", PhraseFault.WILDCARD),  # it would stop everything
        ("**", PhraseFault.WILDCARD),
        ("cat*, b*d", PhraseFault.WILDCARD),
        ("$$$", PhraseFault.NO_WORD),
        (":)", PhraseFault.NO_WORD),
        ("*+*", PhraseFault.NO_WORD),
        (",", PhraseFault.NO_WORD),
        ("a-", PhraseFault.SEPARATOR),  # it would stop every a
        ("_a", PhraseFault.SEPARATOR),
        ("6'", PhraseFault.SEPARATOR),
    ],
)
def test_a_phrase_that_would_not_mean_what_was_typed_is_refused(phrase, fault):
    with pytest.raises(InvalidPhrase) as error:
        add((), phrase)

    assert error.value.fault is fault
    assert error.value.phrase == phrase.split(", ")[-1]


@pytest.mark.parametrize("allowed", ["class", "clas*", "*class*", "cl4ss"])
def test_an_allowed_phrase_waives_what_a_star_or_a_disguise_finds(allowed):
    words = WordLists(blocked=("*ass*",), allowed=(allowed,))

    assert first_blocked_phrase(words, "a cl4ss", look_alikes=True) is None
    assert first_blocked_phrase(words, "a cl4ss, ass", look_alikes=True) == "*ass*"

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
    ("a$$", ALIKE, "a cat", TAKEN, "with the option neither"),
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
    ('"bad wolf"', PLAIN, "a bad wolf", STOPS, "quotation marks around it are no part of it"),
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
    ("cat*", PLAIN, "wildcat", TAKEN, "the word must begin with it"),
    ("*cat", PLAIN, "copycat", STOPS, "a star at the start: words that end so"),
    ("*cat", PLAIN, "location", TAKEN, "the word must end with it"),
    ("*cat*", PLAIN, "education", STOPS, "stars at both: anywhere"),
    ("the mat*", PLAIN, "the matrix", STOPS, "in phrases of several words, too"),
    ("*the mat*", PLAIN, "breathe matter", STOPS, "*the mat* also begins and ends within words"),
    ("cat*", PLAIN, "a cat", STOPS, "the word itself begins so"),
    ("bad wolf*", ALIKE, "b a d w o l f", STOPS, "spaced letters, with a star, too"),
    ("*<3", PLAIN, "love<3", STOPS, "signs behind a letter need the star"),
    ("<3", PLAIN, "love<3", TAKEN, "as this shows"),
    ("discord.gg/*", PLAIN, "discord.gg/abc", STOPS, "so does the start of an address"),
    # Lists as they are pasted.
    ("blood; gore", PLAIN, "blood", STOPS, "semicolons separate phrases"),
    ("blood | gore", PLAIN, "blood", STOPS, "so do bars with spaces around them"),
    ("blood\tgore", PLAIN, "blood", STOPS, "so do tabs"),
    ("> blood", PLAIN, "blood", STOPS, "the mark of a quotation is no part of a phrase"),
    ("◦ blood", PLAIN, "blood", STOPS, "nor is a bullet"),
    ("1. blood", PLAIN, "blood", STOPS, "nor is a number in a list"),
    ("||blood||", PLAIN, "blood", STOPS, "nor is Markdown on both sides"),
    ("~~blood~~", PLAIN, "blood", STOPS, "nor is Markdown on both sides"),
    ("/blood/", PLAIN, "blood", STOPS, "nor are slashes on both sides"),
    ("[blood]", PLAIN, "blood", STOPS, "nor are brackets on both sides"),
    ("血。", PLAIN, "流血", STOPS, "nor is a full stop behind a word of one letter (Han)"),
    # Accents, overlays and vowel signs.
    ("café", PLAIN, "a cafe", STOPS, "accents make no difference (Latin)"),
    ("cafe", PLAIN, "a café", STOPS, "in neither direction"),
    ("çıplak", PLAIN, "ÇIPLAK", STOPS, "the Turkish i without a dot and its capital"),
    ("KIRMIZI", PLAIN, "kırmızı", STOPS, "the same the other way round"),
    ("sik", PLAIN, "SİK", STOPS, "the Turkish i with a dot and its capital"),
    ("STRASSE", PLAIN, "eine Straße", STOPS, "ß and ss are the same (German)"),
    ("bär", PLAIN, "ein baer", TAKEN, "ä is a with an accent, and ae is not (German)"),
    ("blood", PLAIN, "b\u0336l\u0336o\u0336o\u0336d\u0336", STOPS, "letters that are struck out"),
    ("blood", PLAIN, "bløød", STOPS, "a stroke over a letter is an accent, too"),
    ("blood", PLAIN, "b\u0301\u0302\u0303\u0304lood", STOPS, "however many marks are on a letter"),
    ("кровь", PLAIN, "КРО\u0301ВЬ", STOPS, "stress marks (Cyrillic)"),
    ("αίμα", PLAIN, "ΑΙΜΑ", STOPS, "capitals are written without accents (Greek)"),
    ("كتاب", PLAIN, "كِتَاب", STOPS, "vowel signs may be left out (Arabic)"),
    ("كتاب", PLAIN, "كـــتاب", STOPS, "a kashida only stretches a word"),
    ("שלום", PLAIN, "שָׁלוֹם", STOPS, "vowel signs may be left out (Hebrew)"),
    ("कमल", PLAIN, "कमाल", TAKEN, "here vowel signs make another word (Devanagari)"),
    ("ख़ून", PLAIN, "खून", STOPS, "the dot below may be left out (Devanagari)"),
    ("लड़की", PLAIN, "लडकी", STOPS, "the dot below may be left out (Devanagari)"),
    ("नंगा", PLAIN, "नँगा", STOPS, "two ways to write a nasal vowel (Devanagari)"),
    ("バカ", PLAIN, "ハカ", TAKEN, "here the marks make another letter (Katakana)"),
    ("ที่นี่", PLAIN, "เจอกันที่นี่นะ", STOPS, "written without spaces, so found anywhere (Thai)"),
    ("裸体", PLAIN, "一张裸体画", STOPS, "written without spaces, so found anywhere (Han)"),
    ("나쁜 말", PLAIN, "아주 나쁜 말!", STOPS, "whole words (Hangul)"),
    ("누드", PLAIN, "누드를", TAKEN, "a particle makes a longer word: use 누드* (Hangul)"),
    ("裸體", PLAIN, "裸体", TAKEN, "traditional and simplified letters are different ones (Han)"),
    ("エロ", PLAIN, "えろ", TAKEN, "two scripts: block both (Katakana, Hiragana)"),
    ("գայլ", PLAIN, "ԳԱՅԼ", STOPS, "case (Armenian)"),
    ("მგელი", PLAIN, "ორი მგელი", STOPS, "whole words (Georgian)"),
    # Width and other forms of a letter are never another word.
    ("blood", PLAIN, "ｂｌｏｏｄ", STOPS, "full width"),
    ("blood", PLAIN, "𝓫𝓵𝓸𝓸𝓭 ⓑⓛⓞⓞⓓ", STOPS, "letters of formulas, letters in circles"),
    ("blood", PLAIN, "bl\u200bood", STOPS, "nothing invisible hides a word"),
    # Look-alikes, leet and spaced letters: only with the option.
    ("blood", PLAIN, "bl00d", TAKEN, "without the option 0 is not o"),
    ("blood", ALIKE, "Bl00d", STOPS, "0 for o"),
    ("kill", ALIKE, "k1ll", STOPS, "1 may be an i"),
    ("kill", ALIKE, "ki11", STOPS, "1 may be an l"),
    ("kill", ALIKE, "kiII", STOPS, "a capital I may be an l"),
    ("blood", ALIKE, "BIOOD", STOPS, "the same in capitals"),
    ("girl", ALIKE, "g1r1", STOPS, "1 may be i at one place and l at another"),
    ("nipple", ALIKE, "n!pp|e", STOPS, "so may ! and |"),
    ("kill", ALIKE, "k111", STOPS, "so may several in a row"),
    ("bitch slap", ALIKE, "b1tch s1ap", STOPS, "the same in two words"),
    ("hell", ALIKE, "b00k of heil", TAKEN, "one disguise does not make i and l one letter"),
    ("hell", ALIKE, "heil", TAKEN, "i and l as such are two letters"),
    ("ass", ALIKE, "a$$", STOPS, "$ for s"),
    ("ass", ALIKE, "@$$ 4$$ @55", STOPS, "signs and digits for all letters"),
    ("ass", ALIKE, "$455, 455 €", TAKEN, "prices are no words"),
    ("blood", ALIKE, "b|ood", STOPS, "| may be an l"),
    ("ship", ALIKE, "sh!p", STOPS, "! within a word may be an i"),
    ("ship", ALIKE, "ship!", STOPS, "! behind a word is only a sign, so it is found"),
    ("ass", ALIKE, "room 455", TAKEN, "a number is not a word"),
    ("ak", ALIKE, "4k, 8k, 3d", TAKEN, "a number with one letter is a quantity"),
    ("ass", ALIKE, "vinyl 45s, Samsung A55, #a55", TAKEN, "digits with one letter are a quantity"),
    ("god", ALIKE, "Canon 60D", TAKEN, "digits with one letter are a quantity"),
    ("mm", ALIKE, "35mm", TAKEN, "so are digits with two"),
    ("nude", ALIKE, "nude2", STOPS, "digits at the end of a word do not hide it"),
    ("nude", PLAIN, "nude2", TAKEN, "without the option it is another word"),
    ("blood", ALIKE, "123blood", STOPS, "nor do digits at its start"),
    ("oak", ALIKE, "100 oaks", TAKEN, "nor do numbers join the word behind them"),
    ("blood", PLAIN, "b l o o d", TAKEN, "without the option letters are words of their own"),
    ("blood", ALIKE, "b l o o d", STOPS, "spaced letters"),
    ("blood", ALIKE, "a b l o o d bath", STOPS, "with a word of one letter before them"),
    ("bad wolf", ALIKE, "a b a d w o l f", STOPS, "of several words, too"),
    ("nude", ALIKE, "n.u.d.e", STOPS, "letters with signs between them"),
    ("nude", ALIKE, "n - u - d - e", STOPS, "and with spaces, too"),
    ("blood", ALIKE, "b.lood", STOPS, "one sign within a word"),
    ("blood", ALIKE, "bl-ood", STOPS, "a dash within a word"),
    ("blood", ALIKE, "bl ood", TAKEN, "spaces only between single letters"),
    ("hell", ALIKE, "he'll come", TAKEN, "an apostrophe is a sign within a word, but not there"),
    ("whore", ALIKE, "who’re they", TAKEN, "the same with a curly one"),
    ("18", ALIKE, "f1.8", TAKEN, "a point between digits belongs to them"),
    ("bad wolf", ALIKE, "badwolf", STOPS, "a phrase without its spaces"),
    ("bad wolf", PLAIN, "badwolf", TAKEN, "without the option it is another word"),
    ("nude", ALIKE, "2 n u d e girls", STOPS, "spaced letters with a number before them"),
    ("nude", ALIKE, "a n u d e a girl", STOPS, "with words of one letter around them"),
    ("nude", ALIKE, "n u d e i n a bar", TAKEN, "with other spaced words it is a longer word"),
    ("nude", ALIKE, "n🇩🇪ude", STOPS, "a flag within a word"),
    ("씨발", ALIKE, "씨 발", STOPS, "two letters, spaced (Hangul)"),
    ("씨발", ALIKE, "씨.발", STOPS, "two letters with a sign between them (Hangul)"),
    ("دم", ALIKE, "د م", STOPS, "two letters, spaced (Arabic)"),
    ("דם", ALIKE, "ד.ם", STOPS, "two letters with a sign between them (Hebrew)"),
    ("裸体", ALIKE, "裸🍑体", STOPS, "emoji between letters (Han)"),
    ("เลือด", ALIKE, "เลื🩸อด", STOPS, "emoji between letters (Thai)"),
    ("nude", ALIKE, "n 🍆 u 🍆 d 🍆 e", STOPS, "letters with emoji between them"),
    ("nude", ALIKE, "n 🍆 u d 🍑 e", STOPS, "also where some letters have no emoji between them"),
    ("blood", ALIKE, "b 1 0 0 d", STOPS, "digits for some of the letters"),
    ("ass", ALIKE, "rows a 5 5", TAKEN, "one letter among digits is no spelled word"),
    ("nude", ALIKE, "n🍆u🍆de", STOPS, "emoji within a word"),
    ("usa", ALIKE, "made in the U.S.A.", STOPS, "that is the word, spelled"),
    ("ass", ALIKE, "N.A.S.S.A.", TAKEN, "within spelled letters it is another word"),
    ("hell", ALIKE, "H E L L O, S H E L L", TAKEN, "the same with spaces"),
    ("locks", ALIKE, "a b c blocks", TAKEN, "spaced letters do not join the word behind them"),
    ("therapist", ALIKE, "the rapist", TAKEN, "only single letters are joined"),
    ("blood", ALIKE, "вlооd", STOPS, "Cyrillic letters among Latin ones"),
    ("sex", ALIKE, "a photo of ѕех", STOPS, "a word of Cyrillic letters in an English prompt"),
    ("pot", ALIKE, "открытый рот", TAKEN, "рот is Russian for mouth, among other Russian words"),
    ("sex", ALIKE, "a photo of ѕех ж", STOPS, "a single letter does not make a prompt Russian"),
    ("sex", ALIKE, "a photo of ѕех, 画", STOPS, "nor does a letter of another script"),
    ("sex", ALIKE, "открытый ѕех", STOPS, "ѕ is no Russian letter, though Cyrillic"),
    ("pot", ALIKE, "рот кота", TAKEN, "a prompt without a Latin word is Russian"),
    ("pot", ALIKE, "a red рот", STOPS, "here all other words are Latin"),
    ("рот", ALIKE, "a pot of tea", TAKEN, "a Russian phrase does not stop an English word"),
    ("волк", ALIKE, "вoлк", STOPS, "a Latin o in a Russian word"),
    ("кровь", ALIKE, "к р о в ь", STOPS, "spaced letters of any script"),
    ("кровь", ALIKE, "кр0вь", STOPS, "leet in a Russian word"),
    ("αίμα", ALIKE, "α.ί.μ.α", STOPS, "spaced letters with accents"),
    ("کتاب", ALIKE, "كتاب", STOPS, "letters of a Persian and an Arabic keyboard"),
    ("バカ", ALIKE, "バ力", STOPS, "a Han character in place of a Kana that looks the same"),
    ("blood", ALIKE, "βlοοd", STOPS, "Greek letters among Latin ones"),
    ("blood", ALIKE, "ʙʟᴏᴏᴅ", STOPS, "small capitals"),
    ("blood", ALIKE, "🅱🅻🅾🅾🅳", STOPS, "letters in boxes"),
    ("nude", ALIKE, "🇳 🇺 🇩 🇪", STOPS, "four letters that Discord draws as parts of flags"),
    ("de", ALIKE, "flag 🇩🇪", TAKEN, "the flag of Germany spells no word"),
    ("ꓐlood", ALIKE, "ꓐlood", STOPS, "a phrase with a look-alike in it finds itself"),
    ("blood", ALIKE, "ꓐꓡꓳꓳꓓ", STOPS, "letters of other scripts that look Latin (Lisu)"),
    ("bad wolf", ALIKE, "b4d w0lf", STOPS, "phrases of several words"),
    ("cat*", ALIKE, "c4tapult", STOPS, "with a star, too"),
    ("bloood", ALIKE, "blood", TAKEN, "a doubled letter makes another word: use blo*"),
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
        ("b?ood", PhraseFault.WILDCARD),
        ("a-", PhraseFault.SEPARATOR),  # it would stop every a
        ("[blood", PhraseFault.SEPARATOR),
        ("(a", PhraseFault.SEPARATOR),
        ("||blood", PhraseFault.SEPARATOR),
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


@pytest.mark.parametrize(
    ("blocked", "allowed", "prompt", "stopped"),
    [
        ("blood", "blood orange", "a blood-orange", TAKEN),
        ("blood", "blood orange", "a pool of blood, orange light", STOPS),
        ("blood", "blood orange", "blood. Orange light", STOPS),
        ("blood", "blood orange", "blood | orange", STOPS),
        ("nude", "nude color", "a nude, color photo", STOPS),
        ("strange", "dr. strange", "dr. strange", TAKEN),
    ],
)
def test_an_allowed_phrase_reaches_across_no_comma_and_no_end_of_a_sentence(
    blocked, allowed, prompt, stopped
):
    words = WordLists(blocked=(blocked,), allowed=(allowed,))

    for look_alikes in (PLAIN, ALIKE):
        found = first_blocked_phrase(words, prompt, look_alikes=look_alikes)
        assert (found is not None) == stopped

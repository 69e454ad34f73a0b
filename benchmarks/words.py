"""How long a server's words take: a prompt of 1,000 characters against 500 phrases."""

import random
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Final

from bot.domain import word_filter
from bot.domain.order import PROMPT_LENGTH, clean
from bot.domain.word_filter import MOST_PHRASES, WordLists

_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz"
PROMPTS: Final[Mapping[str, str]] = {
    "English": "a photo of a red fox in deep snow, highly detailed, sharp focus, golden hour, ",
    "with signs and digits": "8k photo of 3 foxes & a dog's sled (35mm, f/1.8), 100% real!, ",
    "in six scripts": "ein schöner Fuchs, лиса в снегу, αλεπού, ثعلب, 雪の中の狐, สุนัขจิ้งจอก 🦊, ",
    "all in disguise": "r3d f0x, ʀᴇᴅ ꜰᴏx, r e d f o x, 🅵🅾🆇, rеd fох, f.o.x.e.s, 𝓯𝓸𝔁, f🦊o🦊x, ",
}


def phrases(count: int = MOST_PHRASES, *, seed: int = 0) -> tuple[str, ...]:
    """Return *count* phrases, by default as many as a list takes; every tenth has a star."""
    draw = random.Random(seed)  # noqa: S311 - no secret, the same in each run
    words = ["".join(draw.choices(_LETTERS, k=draw.randint(4, 7))) for _ in range(count)]
    return tuple(f"{word}*" if number % 10 == 0 else word for number, word in enumerate(words))


def filled(text: str) -> str:
    """Return the longest prompt that repeats *text*."""
    return clean(text * PROMPT_LENGTH.high)[: PROMPT_LENGTH.high]


def examine(
    words: WordLists, prompt: str, rounds: int, *, look_alikes: bool = True
) -> Sequence[float]:
    """Return the seconds of each examination of *prompt*."""
    call = partial(word_filter.examine, words, prompt, look_alikes=look_alikes)
    return [_timed(call) for _ in range(rounds)]


def measure(rounds: int) -> dict[str, Sequence[float]]:
    """Return the seconds that a prompt of each kind took, cleaned already, and a list to build."""
    words = WordLists(blocked=phrases())
    times: dict[str, Sequence[float]] = {}
    for kind, text in PROMPTS.items():
        prompt = filled(text)
        for title, look_alikes in ((kind, True), (f"{kind}, whole words as typed", False)):
            times[title] = examine(words, prompt, rounds, look_alikes=look_alikes)
    times["to prepare a list that changed"] = [
        _timed(partial(word_filter.examine, changed, "a fox", look_alikes=True))
        for changed in (WordLists(blocked=phrases(seed=seed)) for seed in range(1, rounds // 10))
    ]
    return times


def _timed(call: Callable[[], object]) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started

"""Every word that members and moderators read, one module for each place where they read it.

Short, kind and exact. Functions return Discord markdown in the language that is spoken when they
are called; what a person or the vendor wrote comes in as it is and is made literal here. A message
is one whole sentence with named places to fill, so that a language may order it as it likes;
``make messages`` brings what is new into the catalogues.
"""

from bot.ui.texts import (
    answers,
    cards,
    changes,
    commands,
    desk,
    explained,
    forms,
    history,
    limits,
    notices,
    presses,
    refusals,
    shared,
)

__all__ = [
    "answers",
    "cards",
    "changes",
    "commands",
    "desk",
    "explained",
    "forms",
    "history",
    "limits",
    "notices",
    "presses",
    "refusals",
    "shared",
]

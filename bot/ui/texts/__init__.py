"""Every text that members and moderators read, one module for each place where they read it.

Functions return Discord markdown in the language of the task that calls them, and escape what a
person or the vendor wrote. A message is one whole sentence with named placeholders, so that each
language can order it freely; ``make messages`` adds new ones to the catalogues.
"""

from bot.ui.texts import (  # noqa: F401 - so that `texts.cards` needs no import of its own
    blocks,
    cards,
    changes,
    commands,
    deeds,
    error_answers,
    explanations,
    figures,
    first_steps,
    held,
    history,
    limits,
    limits_panel,
    log_channel,
    member_commands,
    operator,
    order_buttons,
    order_fields,
    panel_forms,
    refusals,
    reports,
    settings,
    shared,
    warnings,
)

"""A stand-in of Discord: REST v10, gateway, CDN, and the socket of the chat page.

It answers as Discord does and refuses what Discord refuses, so that an unmodified
discord.py runs against it and a bot's mistake shows here first. `World` holds what there
is, `Discord` serves it, `Member` acts in it as a member's own client would.

    what there is     kinds, snowflakes, places, world, sample, shapes (as JSON)
    what is taken     refusals, forms, components, layout, embeds, modals, attachments, drafts,
                      command_forms, bodies
    what happens      messages, commands, installs, interactions, answers (the bot's),
                      acts (a member's), reading
    who is served     rest*, gateway, sessions and cdn (the bot), page (browsers), filling and
                      member (tests)
    all in one        server

May import the standard library, aiohttp, Pillow, and `sandbox.journal` and `sandbox.faults`;
never the bot, and never discord.py.
"""

from sandbox.discord.acts import NotPossible
from sandbox.discord.filling import NotOffered
from sandbox.discord.member import Invocation, Member, NoAnswer
from sandbox.discord.sample import sample_world
from sandbox.discord.server import Discord
from sandbox.discord.world import World

__all__ = [
    "Discord",
    "Invocation",
    "Member",
    "NoAnswer",
    "NotOffered",
    "NotPossible",
    "World",
    "sample_world",
]

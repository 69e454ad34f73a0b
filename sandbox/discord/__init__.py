"""A stand-in of Discord: REST v10, gateway, CDN, and the WebSocket of the chat page.

It returns what Discord returns and rejects what Discord rejects, so that an unmodified
discord.py runs against it and a mistake of the bot shows here first. `World` holds the state,
`Discord` serves it, `Member` acts in it as a member's client does.

    state             enums, snowflakes, models, events, world, sample, serializers (to JSON)
    request checks    limits, rate_limits, api_errors, bodies, validation (by
                      request_schema.json), components, attachments, drafts, command_rules
    behaviour         rendering, messages, commands, interactions, responses (the bot's), client (a
                      member's), read_state
    gateway           gateway, dispatcher, sessions, session_starts, connections, compression,
                      gateway_troubles, tokens
    interfaces        rest* and cdn (the bot), page (browsers), option_values, member and answers
                      (tests)
    all together      backend, server

May import the standard library, aiohttp, Pillow, and `sandbox.journal` and `sandbox.faults`;
never the bot, and never discord.py.
"""

from sandbox.discord.client import ActionUnavailable
from sandbox.discord.member import InteractionTimeout
from sandbox.discord.option_values import InvalidInput
from sandbox.discord.sample import sample_world
from sandbox.discord.server import Discord

__all__ = ["ActionUnavailable", "Discord", "InteractionTimeout", "InvalidInput", "sample_world"]

"""The initial state of the sandbox: four users, two guilds with the bot, one without; new guilds.

Mira owns the application, Sam is a developer in its team, and Ada may read in it.

In the guild without the bot, and in the direct channel of two users, only Noah and Ada have the
bot's commands: they installed it in their accounts.
"""

import itertools
from typing import Any

from sandbox.discord.models import MODERATOR_PERMISSIONS, Guild
from sandbox.discord.world import World

_numbers = itertools.count(1)


def sample_world() -> World:
    """Return a new world with Mira, Noah, Ada and Sam in three guilds; ids are constant."""
    world = World()
    mira = world.add_user("Mira", color="#e0529c", id="214906734481375232")
    noah = world.add_user("Noah", color="#2f9e6e", id="331286592018415617")
    ada = world.add_user("Ada", color="#d9822b", locale="de", id="478120365527498752")
    sam = world.add_user("Sam", color="#3b82c4", id="623541870213496833")

    lighthouse = world.add_guild("Lighthouse Club", owner=mira, id="745100321596440576")
    library = world.add_guild("Quiet Library", owner=mira, id="902417765310373888")
    for guild, first in ((lighthouse, 745100321596440600), (library, 902417765310373900)):
        rights, pink = MODERATOR_PERMISSIONS, 0xE0529C
        moderators = world.add_role(
            guild, "Moderators", permissions=rights, color=pink, id=str(first)
        )
        patrons = world.add_role(guild, "Patrons", color=0xD9822B, id=str(first + 1))
        guild.members |= {person.id: [] for person in (mira, noah, ada, sam)}
        guild.members[mira.id] = [moderators.id]
        guild.members[ada.id] = [patrons.id]

    world.add_channel(
        lighthouse, "general", topic="Everything under the lamp", id="745100321596440610"
    )
    world.add_channel(
        lighthouse, "pictures", topic="Show what you imagined", id="745100321596440611"
    )
    world.add_channel(lighthouse, "after-dark", nsfw=True, id="745100321596440612")
    world.add_channel(library, "reading-room", topic="Whisper, please", id="902417765310373910")
    world.add_channel(library, "gallery", topic="Covers and plates", id="902417765310373911")
    world.add_channel(library, "restricted-section", nsfw=True, id="902417765310373912")

    # Mira owns the application with her team; Ada may only look.
    world.team = {mira.id: ("admin", True), sam.id: ("developer", True)}
    world.team[ada.id] = ("read_only", True)

    harbour = world.add_guild("Night Harbour", owner=mira, id="988120345067651072")
    harbour.members |= {person.id: [] for person in (mira, noah, ada, sam)}
    world.move_bot(harbour, present=False)
    world.add_channel(harbour, "quay", topic="Boats in and out", id="988120345067651110")
    world.add_channel(harbour, "smugglers", nsfw=True, id="988120345067651111")
    world.add_private(noah, ada, id="988120345067651200")
    for person in (noah, ada):
        world.install(person)
    return world


def new_guild(
    world: World, *, system_channel: bool = True, writable: bool = True, **more: Any
) -> Guild:
    """Invite the bot to a new guild of the first user, in which all users are; return it.

    It may have a system channel, and channels in which the bot may write. Only the bot and
    moderators see #mods. *more* are further fields of the guild.
    """
    people = [user for user in world.users.values() if not user.bot]
    name = f"New Server {next(_numbers)}"
    guild = world.add_guild(name, owner=people[0], has_bot=False, **more)
    guild.members |= {person.id: [] for person in people}
    world.add_role(guild, "Moderators", permissions=MODERATOR_PERMISSIONS, color=0xE0529C)
    channels = [world.add_channel(guild, name) for name in ("welcome", "art", "sketches")]
    mods = world.add_channel(guild, "mods", hidden=True)
    if writable:
        world.grant(mods, "VIEW_CHANNEL")
    else:
        for channel in channels:
            world.deny(channel, "SEND_MESSAGES")
    if system_channel:
        guild.system_channel_id = channels[0].id
    world.move_bot(guild, present=True)
    return guild

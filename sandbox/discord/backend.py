"""The state and services of the stand-in, which all its interfaces share."""

from sandbox.discord.commands import Commands
from sandbox.discord.gateway import Gateway
from sandbox.discord.interactions import Interactions
from sandbox.discord.messages import Messages
from sandbox.discord.read_state import ReadState
from sandbox.discord.world import World


class Backend:
    """Composition root of the services that share one World."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.commands = Commands(world)
        self.messages = Messages(world)
        self.interactions = Interactions(world)
        self.gateway = Gateway(world)
        self.read_state = ReadState(world)

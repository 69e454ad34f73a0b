"""The state and services of the stand-in, which all its interfaces share."""

from sandbox.discord.commands import Commands
from sandbox.discord.endpoint import Endpoint
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
        self.endpoint = Endpoint(world, self.interactions)
        self.gateway = Gateway(world, self.endpoint)
        self.read_state = ReadState(world)

    @property
    def bot_online(self) -> bool:
        """Whether the bot takes interactions."""
        return self.gateway.online or self.endpoint.online

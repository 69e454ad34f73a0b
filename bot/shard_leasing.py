"""Connects this process's shards: those that are named, or those that it takes by lease."""

from collections.abc import Sequence
from contextlib import AsyncExitStack
from functools import partial

from bot.adapters import Store
from bot.client import Gateway
from bot.domain.shard_leases import ShardMember
from bot.service.gateway_starts import GatewayStartBudget, token_name
from bot.service.settings import ServiceSettings
from bot.service.shard_keeper import ShardKeeper
from bot.services import Services
from bot.shard_connections import ShardConnections, listen
from bot.supervisor import Loop


def open_shards(
    store: Store,
    services: Services,
    gateway: Gateway,
    settings: ServiceSettings,
    starts: GatewayStartBudget,
    stack: AsyncExitStack,
    *,
    token: str,
) -> tuple[Sequence[Loop], ShardKeeper | None]:
    """Return the loops of the gateway, and the keeper of the leases if there are any.

    At the end of *stack* the leased shards are free.
    """
    connections = ShardConnections(gateway)
    connect = partial(listen, services.cogs, gateway, connections, token)
    loops = [Loop(name="gateway", run=connect, essential=True)]
    if not settings.shards.leased:
        return loops, None
    now = store.clock()
    keeper = ShardKeeper(
        token_name(token),
        ShardMember(settings.owner, settings.shards.count, joined_at=now, until=now),
        store=store.shard_leases,
        connections=connections,
        starts=starts,
        prepare=services.cogs.membership.load,
        now=store.clock,
    )
    stack.push_async_callback(keeper.leave)
    return [*loops, Loop(name="shards", run=keeper.run)], keeper

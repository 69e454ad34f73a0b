"""Faults of the store: a thin proxy over a real port that is away, or holds calls."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar, cast

from bot.service.port_errors import StoreUnavailable
from tests.service.fakes import Gate

Port = TypeVar("Port")


class Faults:
    """The faults of one port."""

    def __init__(self) -> None:
        self.away = False
        self.gates: dict[str, Gate] = defaultdict(Gate)  # by method: calls wait before they begin
        self.before: dict[str, Callable[[], Awaitable[object]]] = {}  # runs before each call
        self._refused = asyncio.Condition()
        self._refusals: Counter[str] = Counter()
        self._begun: Counter[str] = Counter()
        self._returned: dict[str, int] = {}
        self._returning = asyncio.Condition()

    def gate(self, method: str) -> Gate:
        """Hold the calls of *method* until the returned gate is opened."""
        gate = self.gates[method]
        gate.close()
        return gate

    async def refused(self, method: str, *, times: int = 1) -> None:
        """Wait until *method* was refused so many times more: its caller retries."""
        until = self._refusals[method] + times
        async with asyncio.timeout(5), self._refused:
            await self._refused.wait_for(lambda: self._refusals[method] >= until)

    async def returned(self, method: str) -> None:
        """Wait until a call of *method* that begins from now on has returned."""
        call = self._begun[method] + 1
        async with asyncio.timeout(5), self._returning:
            await self._returning.wait_for(lambda: self._returned.get(method, 0) >= call)

    async def call(self, method: str, work: Callable[[], Awaitable[Any]]) -> Any:
        self._begun[method] += 1
        number = self._begun[method]
        await self.gates[method]()
        if method in self.before:
            await self.before[method]()
        if self.away:
            async with self._refused:
                self._refusals[method] += 1
                self._refused.notify_all()
            await asyncio.sleep(0)
            raise StoreUnavailable("the store is away")
        result = await work()
        async with self._returning:
            self._returned[method] = max(number, self._returned.get(method, 0))
            self._returning.notify_all()
        return result


class _Proxy:
    def __init__(self, port: object, faults: Faults) -> None:
        self._port = port
        self._faults = faults

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._port, name)

        async def call(*arguments: Any, **options: Any) -> Any:
            return await self._faults.call(name, lambda: method(*arguments, **options))

        return call


def with_faults(port: Port) -> tuple[Port, Faults]:
    """Return *port* behind a proxy, and the faults that a test gives it."""
    faults = Faults()
    return cast("Port", _Proxy(port, faults)), faults

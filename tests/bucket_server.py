"""An S3-compatible server for tests: moto's, as a process of its own, behind a relay."""

import asyncio
import contextlib
import itertools
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from typing import Self

import obstore
from aiohttp import ClientError, ClientSession
from obstore.store import S3Store

from sandbox.listener import free_port

STARTS_WITHIN = 60.0  # seconds
KEY, SECRET = "AKIA0HUNTER2", "hunter2/AWS+secret"

_numbers = itertools.count()


class BucketServer:
    """The server, and as many buckets on it as tests need. It can be away, or stuck."""

    def __init__(self, port: int, process: asyncio.subprocess.Process) -> None:
        self.port = free_port(10_000)  # of the relay
        self._behind = port
        self._process = process
        self._relay: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()

    @classmethod
    @contextlib.asynccontextmanager
    async def start(cls) -> AsyncIterator[Self]:
        port = free_port()
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        server = cls(port, process)
        try:
            async with asyncio.timeout(STARTS_WITHIN):
                while not await server._answers():
                    assert process.returncode is None
                    await asyncio.sleep(0.05)
            await server.back()
            yield server
        finally:
            await server.away()
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    async def new(self) -> dict[str, str]:
        """Make a bucket; return the settings of a bot that uses it."""
        name = f"pictures-{next(_numbers)}"
        async with ClientSession(self.endpoint) as session, session.put(f"/{name}") as answer:
            assert answer.ok
        return {
            "FILES_URL": f"s3://{name}/the/bot",
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET,
        }

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def away(self) -> None:
        """Cut all connections, and refuse new ones."""
        if self._relay is not None:
            self._relay.close()
            self._relay = None
        for writer in self._open:
            writer.close()

    async def back(self) -> None:
        """Serve, on the same port as before."""
        if self._relay is None:
            self._relay = await asyncio.start_server(self._serve, "127.0.0.1", self.port)

    @contextlib.contextmanager
    def stuck(self) -> Iterator[None]:
        """Accept connections, and answer nothing."""
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)

    async def objects(self, settings: dict[str, str]) -> list[str]:
        """Return what is in the bucket: keys below the prefix."""
        return await asyncio.to_thread(_objects, settings)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self._behind)
        self._open |= {writer, back}
        async with asyncio.TaskGroup() as group:
            group.create_task(_relay(reader, back))
            group.create_task(_relay(there, writer))
        self._open -= {writer, back}

    async def _answers(self) -> bool:
        with contextlib.suppress(ClientError):
            address = f"http://127.0.0.1:{self._behind}/moto-api/"
            async with ClientSession() as session, session.get(address) as answer:
                return answer.ok
        return False


async def _relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while block := await reader.read(1 << 16):
            writer.write(block)
            await writer.drain()
    writer.close()


def _objects(settings: dict[str, str]) -> list[str]:
    name, _, prefix = settings["FILES_URL"].removeprefix("s3://").partition("/")
    store = S3Store(
        name,
        prefix=prefix,
        config={
            "endpoint": settings["AWS_ENDPOINT_URL"],
            "region": "us-east-1",
            "access_key_id": KEY,
            "secret_access_key": SECRET,
        },
        client_options={"allow_http": True},
    )
    return [entry["path"] for page in obstore.list(store) for entry in page]

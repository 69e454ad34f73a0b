"""An S3-compatible server for tests: moto's, as a process of its own."""

import asyncio
import contextlib
import itertools
import signal
import socket
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Self

import obstore
from aiohttp import ClientError, ClientSession
from obstore.store import S3Store

STARTS_WITHIN = 60.0  # seconds
SECRET = "hunter2/AWS+secret"

_numbers = itertools.count()


@dataclass(kw_only=True)
class BucketServer:
    """The server, and as many buckets on it as tests need. It can be away."""

    port: int
    process: asyncio.subprocess.Process
    known: dict[str, S3Store] = field(default_factory=dict)

    @classmethod
    @contextlib.asynccontextmanager
    async def start(cls) -> AsyncIterator[Self]:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        server = cls(port=port, process=process)
        try:
            async with asyncio.timeout(STARTS_WITHIN):
                while not await server._answers():
                    assert process.returncode is None
                    await asyncio.sleep(0.05)
            yield server
        finally:
            server.back()
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
            "AWS_ACCESS_KEY_ID": "AKIA0HUNTER2",
            "AWS_SECRET_ACCESS_KEY": SECRET,
        }

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def away(self) -> None:
        """Answer nothing any more: connections are accepted, as by a host that is stuck."""
        self.process.send_signal(signal.SIGSTOP)

    def back(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGCONT)

    async def objects(self, settings: dict[str, str]) -> dict[str, bytes]:
        """Return what is in the bucket, by key below the prefix."""
        return await asyncio.to_thread(_objects, settings)

    async def _answers(self) -> bool:
        with contextlib.suppress(ClientError):
            async with ClientSession(self.endpoint) as session, session.get("/moto-api/") as answer:
                return answer.ok
        return False


def _objects(settings: dict[str, str]) -> dict[str, bytes]:
    name, _, prefix = settings["FILES_URL"].removeprefix("s3://").partition("/")
    store = S3Store(
        name,
        prefix=prefix,
        config={
            "endpoint": settings["AWS_ENDPOINT_URL"],
            "region": "us-east-1",
            "access_key_id": settings["AWS_ACCESS_KEY_ID"],
            "secret_access_key": settings["AWS_SECRET_ACCESS_KEY"],
        },
        client_options={"allow_http": True},
    )
    paths = [entry["path"] for page in obstore.list(store) for entry in page]
    return {path: bytes(obstore.get(store, path).bytes()) for path in paths}

"""Signs pictures with C2PA: a manifest, by the operator's certificate, says how each was made.

c2pa-python is an optional dependency, loaded with the first picture. It takes up to twice as much
memory as the file has bytes. What reads or writes here runs in a thread.
"""

import asyncio
import base64
import contextlib
import datetime as dt
import json
import logging
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from threading import Thread
from typing import Any, Final

from bot.domain.order import MODEL
from bot.pixazo import marking, xmp
from bot.pixazo.marking import ManifestPlace, NotMarked

log = logging.getLogger(__name__)

ROOM: Final = 64 * 1024  # bytes that a manifest may add to a file
WITHIN: Final = 10.0  # seconds that a picture waits for its signature
REST: Final = 300.0  # seconds that none is asked for after one took longer
AT_ONCE: Final = 2
ALGORITHMS: Final = ("es256", "es384", "es512", "ps256", "ps384", "ps512", "ed25519")

_TYPES: Final = {"png": "image/png", "jpg": "image/jpeg", "webp": "image/webp"}
_SETTINGS: Final = {
    "builder": {"thumbnail": {"enabled": False}},
    # A picture must not say what the bot asks for.
    "verify": {"remote_manifest_fetch": False, "ocsp_fetch": False},
}
_ORIGINAL: Final = "original"
_PIXEL: Final = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg=="
)


class NotSigned(Exception):
    """The picture can't be signed; it is as good as before."""


@dataclass(frozen=True, kw_only=True)
class Credentials:
    """What the operator signs with. The files are read anew for each picture."""

    certificate: Path  # PEM: that of the signer, then those of its issuers
    key: Path  # PEM, PKCS #8, without a password
    algorithm: str = ALGORITHMS[0]
    timestamp_url: str | None = None  # of an authority (RFC 3161)


@dataclass(frozen=True, kw_only=True)
class PictureFile:
    """A picture on disk."""

    path: Path
    extension: str  # by its bytes


@dataclass(frozen=True, kw_only=True)
class CertificateFacts:
    """Whom a certificate names, and when it, or the first of its issuers', ends."""

    subject: str
    ends_at: dt.datetime


class PictureSigner:
    """Bulkhead around c2pa-python: few pictures at once, each in a thread, for a bounded time.

    Whatever fails is reported, and the picture is delivered without a signature.
    """

    def __init__(
        self,
        credentials: Credentials,
        *,
        software: str,
    ) -> None:
        """Sign as *software*, its name and version."""
        self.report: Callable[[NotSigned | None], None] = lambda _: None  # for each picture
        self._credentials = credentials
        self._software = software
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._rests_until = 0.0  # by the loop's clock

    async def signed(self, file: PictureFile, *, original: PictureFile, limit: int) -> Path:
        """Return a signed copy of the picture, of at most *limit* bytes, beside it.

        *original* is what *file* was made of, or the same. Returns the picture's own path if it is
        of a type that is not signed, has a manifest of its maker that fits, or can't be signed.
        """
        path = file.path
        try:
            copy = await self._within_time(
                lambda: _copy(self._credentials, self._software, file, original, limit)
            )
        except NotSigned as error:
            log.warning(
                "picture not signed: job=%s number=%s error=%s", path.parent.name, path.name, error
            )
            self.report(error)
            return path
        if copy is not None:
            self.report(None)
        return copy or path

    async def _within_time(self, work: Callable[[], Path | None]) -> Path | None:
        loop = asyncio.get_running_loop()
        if loop.time() < self._rests_until:
            raise NotSigned("the last try took too long")
        running: asyncio.Future[Path | None] | None = None
        try:
            async with asyncio.timeout(WITHIN):
                await self._turns.acquire()
                running = _in_thread(work)
                # The thread can't be stopped: its turn lasts as long as it does.
                running.add_done_callback(lambda _: self._turns.release())
                return await asyncio.shield(running)
        except TimeoutError as error:
            if running is not None:
                self._rests_until = loop.time() + REST
            raise NotSigned(f"it took longer than {WITHIN:.0f} seconds") from error


def check(credentials: Credentials) -> CertificateFacts:
    """Sign a picture of one pixel, with a time stamp if there is to be one. Raises NotSigned."""
    with tempfile.TemporaryDirectory() as folder:
        pixel = PictureFile(path=Path(folder) / "1", extension="png")
        pixel.path.write_bytes(_PIXEL)
        _sign(credentials, "Imagine", pixel, None, to=pixel.path.with_name("2"))
    from cryptography import x509

    chain = x509.load_pem_x509_certificates(_read(credentials.certificate, "C2PA_CERTIFICATE"))
    return CertificateFacts(
        subject=chain[0].subject.rfc4514_string(),
        ends_at=min(certificate.not_valid_after_utc for certificate in chain),
    )


def _copy(
    credentials: Credentials, software: str, file: PictureFile, original: PictureFile, limit: int
) -> Path | None:
    """Return the signed copy; ``None``: the picture is not to be signed. Raises NotSigned."""
    if file.extension not in _TYPES:
        return None
    path = file.path
    part = path.with_name(f"{path.name}.{token_hex(4)}.part")
    try:
        manifest = marking.find_manifest(original.path)
        if manifest is ManifestPlace.ELSEWHERE or (manifest is not None and path == original.path):
            return None  # it covers each byte
        parent = None if manifest is None else original
        _sign(credentials, software, file, parent, to=part)
        if part.stat().st_size > limit:
            raise NotSigned("its manifest is too long")
        return part.replace(path.with_name(f"{path.name}.signed"))
    except (NotMarked, OSError) as error:
        raise NotSigned(str(error)) from error
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)


def _sign(
    credentials: Credentials,
    software: str,
    file: PictureFile,
    original: PictureFile | None,
    *,
    to: Path,
) -> None:
    """Write the picture, with a manifest, to the file *to*. Raises NotSigned.

    *original*: what it was made of, if that has a manifest.
    """
    certificate = _read(credentials.certificate, "C2PA_CERTIFICATE")
    key = _read(credentials.key, "C2PA_KEY")
    try:
        import c2pa

        info = c2pa.C2paSignerInfo(
            credentials.algorithm, certificate, key, credentials.timestamp_url
        )
        with (
            c2pa.Context.from_dict(_SETTINGS) as context,
            c2pa.Signer.from_info(info) as signer,
            c2pa.Builder(json.dumps(_manifest(software, original)), context) as builder,
            file.path.open("rb") as source,
            to.open("w+b") as copy,
        ):
            if original is not None:
                ingredient = json.dumps({"relationship": "parentOf", "label": _ORIGINAL})
                with original.path.open("rb") as parent:
                    builder.add_ingredient(ingredient, _TYPES[original.extension], parent)
            builder.sign(signer, _TYPES[file.extension], source, copy)
    except ImportError as error:
        raise NotSigned("c2pa-python is not installed: imagine-bot[c2pa]") from error
    except Exception as error:  # of a library in another language: the picture is delivered
        raise NotSigned(str(error)) from error


def _manifest(software: str, original: PictureFile | None) -> dict[str, Any]:
    name, _, version = software.partition(" ")
    actions: list[dict[str, Any]] = [
        {
            "action": "c2pa.created",
            "digitalSourceType": xmp.GENERATED,
            "softwareAgent": {"name": MODEL},
        }
    ]
    if original is not None:  # its manifest says how it was made
        actions = [
            {"action": "c2pa.opened", "parameters": {"ingredientIds": [_ORIGINAL]}},
            {"action": "c2pa.transcoded"},
        ]
    return {
        "claim_generator_info": [{"name": name, "version": version}],
        "assertions": [{"label": "c2pa.actions.v2", "data": {"actions": actions}}],
    }


def _read(path: Path, setting: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise NotSigned(f"{setting} can't be read: {error.strerror}") from error


def _in_thread(work: Callable[[], Path | None]) -> asyncio.Future[Path | None]:
    """Run *work* in a thread that does not keep the process from ending."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[Path | None] = loop.create_future()

    def settle(error: Exception | None, result: Path | None) -> None:
        if future.cancelled():
            return
        if error is None:
            future.set_result(result)
        else:
            future.set_exception(error)
            future.exception()  # it is no news where nobody waits any more

    def run() -> None:
        error, result = None, None
        try:
            result = work()
        except Exception as raised:  # noqa: BLE001  it is raised where the result is awaited
            error = raised
        with contextlib.suppress(RuntimeError):  # the loop is closed
            loop.call_soon_threadsafe(settle, error, result)

    Thread(target=run, name="signing", daemon=True).start()
    return future

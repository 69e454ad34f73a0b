"""What holds for every place where pictures wait: one suite for a folder and for a bucket."""

import asyncio
import os
import shutil
import threading
import time
from datetime import timedelta
from pathlib import Path

import obstore
import pytest
from aiohttp import web

from bot.files import places
from bot.files.bucket import PART
from bot.service.port_errors import FilesUnavailable
from bot.settings import Settings
from sandbox.listener import Listener
from tests.bucket_server import KEY, SECRET, BucketServer

JOB, OTHER, THIRD = "0123456789abcdef", "fedcba9876543210", "00000000000000aa"


@pytest.fixture(scope="module")
async def server():
    async with BucketServer.start() as server:
        yield server


@pytest.fixture(params=["folder", "bucket"])
async def texts(request, tmp_path, server) -> dict[str, str]:
    """The settings of a bot whose pictures wait there."""
    if request.param == "folder":
        return {"files_url": f"file:{tmp_path}/shared"}
    return lowered(await server.new())


@pytest.fixture
async def files(texts, tmp_path):
    async with opened(texts, tmp_path) as files:
        assert files.remote
        yield files


def lowered(settings: dict[str, str]) -> dict[str, str]:
    return {name.lower(): text for name, text in settings.items()}


def opened(texts, tmp_path):
    settings = Settings({"discord_token": "a", "pixazo_api_key": "b"} | texts, _env_file=None)
    return places.opened(settings.bucket, settings.files_folder, downloads=tmp_path / "files")


@pytest.fixture
def picture(tmp_path):
    """Make a file of so many bytes."""

    def picture(size: int = 1000) -> Path:
        path = tmp_path / f"picture-{size}"
        path.write_bytes(os.urandom(size))
        return path

    return picture


async def stored(files) -> list[str]:
    return sorted([entry.job_id async for entry in files.stored()])


@pytest.mark.parametrize("size", [0, 1000, 2 * PART + 1])
async def test_what_is_put_comes_back_as_it_was(files, picture, tmp_path, size):
    source, target = picture(size), tmp_path / "files" / JOB / "1"

    await files.put(JOB, "1", source)

    assert await files.get(JOB, "1", target)
    assert target.read_bytes() == source.read_bytes()
    assert [path.name for path in target.parent.iterdir()] == ["1"]  # and no part of one
    assert source.exists()


async def test_what_is_not_there_is_no_error(files, tmp_path):
    assert not await files.get(JOB, "1", tmp_path / "files" / JOB / "1")
    assert not (tmp_path / "files").exists()
    await files.remove([JOB, OTHER])
    await files.remove([])
    assert await stored(files) == []


async def test_a_later_file_takes_the_place_of_one_of_its_name(files, picture, tmp_path):
    await files.put(JOB, "1", picture(1000))
    await files.put(JOB, "1", picture(10))

    assert await files.get(JOB, "1", tmp_path / "1")
    assert (tmp_path / "1").stat().st_size == 10


async def test_all_files_of_a_job_are_removed_and_no_others(files, picture, tmp_path):
    for job_id, name in ((JOB, "1"), (JOB, "10"), (OTHER, "1"), (THIRD, "2")):
        await files.put(job_id, name, picture())
    assert await stored(files) == [THIRD, JOB, OTHER]

    await files.remove([JOB, OTHER])

    assert await stored(files) == [THIRD]
    assert not await files.get(JOB, "10", tmp_path / "1")


async def test_it_says_of_each_job_when_it_was_put_there(files, picture):
    before = int(time.time())
    await files.put(JOB, "1", picture())
    await files.put(JOB, "2", picture())

    (entry,) = [entry async for entry in files.stored()]

    assert entry.job_id == JOB
    assert before <= entry.changed_at <= time.time() + 1


async def test_a_probe_leaves_nothing(files):
    await files.probe()

    assert await stored(files) == []


async def test_nothing_blocks_the_event_loop(files, picture, tmp_path, monkeypatch):
    """What reads, writes or waits for an answer runs in other threads, several at a time."""
    threads = []

    def watched(call):
        def watch(*arguments, **options):
            threads.append(threading.get_ident())
            return call(*arguments, **options)

        return watch

    for module, name in ((obstore, "put"), (obstore, "get"), (shutil, "copyfile")):
        monkeypatch.setattr(module, name, watched(getattr(module, name)))
    source = picture(PART)

    async def round_trip(number: int) -> bool:
        await files.put(JOB, str(number), source)
        return await files.get(JOB, str(number), tmp_path / "out" / str(number))

    assert all(await asyncio.gather(*(round_trip(number) for number in range(1, 9))))

    assert len(threads) == 16
    assert threading.get_ident() not in threads


async def test_a_bucket_lists_only_what_can_be_a_picture(server, tmp_path, picture):
    """One without a prefix may hold anything."""
    texts = lowered(await server.new())
    bucket = texts["files_url"].removesuffix("/the/bot")
    async with opened(texts | {"files_url": bucket}, tmp_path) as files:
        for key in (("holiday", "1"), (JOB, "notes.txt"), (JOB, "11"), (OTHER, "1")):
            await files.put(*key, picture())

        assert await stored(files) == [OTHER]


async def test_more_objects_than_a_page_are_listed(server, tmp_path, picture, monkeypatch):
    monkeypatch.setattr("bot.files.bucket.LISTED", 2)
    async with opened(lowered(await server.new()), tmp_path) as files:
        for job_id in (JOB, OTHER, THIRD):
            for name in ("1", "2", "3"):
                await files.put(job_id, name, picture())

        assert await stored(files) == [THIRD, JOB, OTHER]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"files_url": "s3://no-such-bucket/x"}, "the bucket answered 404 NoSuchBucket"),
        ({"aws_endpoint_url": "http://127.0.0.1:1"}, "the connection was refused"),
        ({"aws_endpoint_url": "https://127.0.0.1:{port}"}, "the bucket can't be"),
    ],
)
async def test_a_bucket_that_cannot_be_used_says_why_and_shows_no_secret(
    server, tmp_path, picture, changes, reason
):
    texts = lowered(await server.new())
    changes = {name: text.format(port=server.port) for name, text in changes.items()}
    async with opened(texts | changes, tmp_path) as files:
        for call in (
            lambda: files.put(JOB, "1", picture()),
            lambda: files.get(JOB, "1", tmp_path / "1"),
            lambda: files.remove([JOB]),
            lambda: stored(files),
            files.probe,
        ):
            with pytest.raises(FilesUnavailable, match=reason) as raised:
                await call()
            shown = f"{raised.value!r} {raised.value.__cause__!r} {files!r}".lower()
            assert "hunter2" not in shown
            assert raised.value.__suppress_context__


@pytest.mark.parametrize(
    ("status", "code", "told"),
    [
        (403, "SignatureDoesNotMatch", "the bucket answered 403 SignatureDoesNotMatch"),
        (403, "AccessDenied", "the bucket answered 403 AccessDenied"),
        (503, "SlowDown", "the bucket answered 503 SlowDown"),
        (301, "PermanentRedirect", "it is in another region"),
    ],
)
async def test_what_a_bucket_answers_is_told_by_its_code_alone(
    tmp_path, picture, status, code, told
):
    """Its text may quote the request, with the id of the key."""
    text = f"<Error><Code>{code}</Code><AWSAccessKeyId>{KEY}</AWSAccessKeyId></Error>"

    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=status, text=text, content_type="application/xml")

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    async with Listener(app) as listener:
        texts = {"files_url": "s3://pictures", "aws_endpoint_url": listener.origin}
        texts |= {"aws_access_key_id": KEY, "aws_secret_access_key": SECRET}
        async with opened(texts, tmp_path) as files:
            for call in (lambda: files.put(JOB, "1", picture()), lambda: files.remove([JOB])):
                with pytest.raises(FilesUnavailable, match=told) as raised:
                    await call()
                assert KEY not in str(raised.value)


async def test_a_bucket_that_is_stuck_is_given_up(server, tmp_path, picture, monkeypatch):
    monkeypatch.setattr("bot.files.bucket.SILENT_FOR", timedelta(seconds=1))
    async with opened(lowered(await server.new()), tmp_path) as files:
        with server.stuck():
            for call in (
                lambda: files.put(JOB, "1", picture(2 * PART)),
                lambda: files.get(JOB, "1", tmp_path / "1"),
            ):
                with pytest.raises(FilesUnavailable, match="did not answer in time"):
                    await call()
        assert not (tmp_path / "1").exists()


async def test_folders_of_others_are_not_the_bots(tmp_path, picture):
    for name in ("backups", "lost+found", JOB.upper(), f"{JOB}0"):
        (tmp_path / "shared" / name).mkdir(parents=True)
    async with opened({"files_url": f"file:{tmp_path}/shared"}, tmp_path) as files:
        await files.put(JOB, "1", picture())

        assert await stored(files) == [JOB]


async def test_a_folder_that_is_that_of_downloads_has_nothing_to_copy(tmp_path, picture):
    (tmp_path / "link").symlink_to(tmp_path)
    downloads = tmp_path / "files"
    for texts in ({}, {"files_url": f"file:{tmp_path}/link/files"}):
        async with opened(texts, tmp_path) as files:
            assert not files.remote
            await files.put(JOB, "1", downloads / JOB / "1")
            assert not await files.get(JOB, "1", downloads / JOB / "1")


async def test_a_folder_that_cannot_be_written_says_why(tmp_path, picture):
    (tmp_path / "file").touch()
    async with opened({"files_url": f"file:{tmp_path}/file/below"}, tmp_path) as files:
        for call in (lambda: files.put(JOB, "1", picture()), files.probe):
            with pytest.raises(FilesUnavailable, match="Not a directory"):
                await call()

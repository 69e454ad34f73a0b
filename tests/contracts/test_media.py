"""Contract of the vendor's pictures: a usable file at the path, or an error until later."""

import pytest

from bot.service.port_errors import MediaUnavailable, PictureUnusable
from sandbox.faults import Answer, Fault
from tests.contracts.conftest import EACH
from tests.samples import an_order
from tests.service.fakes import PICTURE, FakeMedia

LIMIT = 1024 * 1024  # bytes


class FakePictures:
    def __init__(self):
        self.media = FakeMedia()

    async def paint(self):
        return PICTURE

    def be_away(self):
        self.media.errors[PICTURE].append(MediaUnavailable("no answer", status=503))

    def break_pictures(self):
        self.media.errors[PICTURE].extend([PictureUnusable("it is broken")] * 2)


class RealPictures:
    def __init__(self, pixazo, client, media):
        self.media = media
        self._pixazo = pixazo
        self._client = client

    async def paint(self):
        submitted = await self._client.submit(an_order(), None)
        self._pixazo.move(submitted.request_id, "COMPLETED")
        (address,) = (await self._client.status(submitted.request_id)).media
        return address

    def be_away(self):
        self._answer(Answer(status=503), times=1)

    def break_pictures(self):
        self._answer(Answer(status=200, body="<html>expired</html>"), times=2)

    def _answer(self, answer, *, times):
        self._pixazo.media_faults.add(Fault(method="GET", path="*", do=answer, times=times))


@pytest.fixture(params=EACH)
def vendor(request):
    if request.param == "fake":
        return FakePictures()
    return RealPictures(*(request.getfixturevalue(name) for name in ("pixazo", "client", "media")))


async def test_a_picture_is_at_the_path_and_can_be_fetched_again(vendor, tmp_path):
    address = await vendor.paint()

    first, second = [
        await vendor.media.fetch(address, tmp_path / "1", order="an-order", limit=LIMIT)
        for _ in range(2)
    ]

    assert first == second == await vendor.media.load(tmp_path / "1", order="an-order", limit=LIMIT)
    assert await vendor.media.load(tmp_path / "2", order="an-order", limit=LIMIT) is None
    assert (first.path, first.extension, first.shrunk) == (tmp_path / "1", "png", False)
    assert 0 < first.path.stat().st_size <= LIMIT


async def test_an_unavailable_picture_may_come_later(vendor, tmp_path):
    address = await vendor.paint()
    vendor.be_away()

    with pytest.raises(MediaUnavailable) as raised:
        await vendor.media.fetch(address, tmp_path / "1", order="an-order", limit=LIMIT)

    assert raised.value.status == 503
    assert (
        await vendor.media.fetch(address, tmp_path / "1", order="an-order", limit=LIMIT)
    ).path.exists()


async def test_an_unusable_picture_may_be_usable_later(vendor, tmp_path):
    address = await vendor.paint()
    vendor.break_pictures()

    for _ in range(2):
        with pytest.raises(PictureUnusable):
            await vendor.media.fetch(address, tmp_path / "1", order="an-order", limit=LIMIT)
    assert (
        await vendor.media.fetch(address, tmp_path / "1", order="an-order", limit=LIMIT)
    ).path.exists()


async def test_a_thumbnail_is_made_of_a_picture_that_is_there(vendor, tmp_path):
    picture = await vendor.media.fetch(
        await vendor.paint(), tmp_path / "1", order="an-order", limit=LIMIT
    )

    assert await vendor.media.thumbnail(picture.path, side=32)

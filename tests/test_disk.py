"""When the disk of the data folder counts as nearly full."""

import shutil
from types import SimpleNamespace

import pytest

from bot import disk

MB, GB = 1 << 20, 1 << 30


@pytest.mark.parametrize(
    ("total", "free", "low"),
    [
        (10 * GB, 400 * MB, True),
        (10 * GB, 600 * MB, False),
        (1 * GB, 200 * MB, True),
        (1 * GB, 300 * MB, False),
        (8000 * GB, 5 * GB, False),
        (8000 * GB, 3 * GB, True),
    ],
)
def test_a_disk_is_nearly_full_by_its_share_and_by_what_that_is(
    monkeypatch, tmp_path, total, free, low
):
    monkeypatch.setattr(
        shutil, "disk_usage", lambda _folder: SimpleNamespace(total=total, free=free)
    )

    assert disk.is_nearly_full(tmp_path / "not" / "there") is low


def test_what_can_not_be_told_is_not_full(monkeypatch, tmp_path):
    def refuse(_folder):
        raise PermissionError

    monkeypatch.setattr(shutil, "disk_usage", refuse)

    assert not disk.is_nearly_full(tmp_path)

"""Contracts of the ports: each test runs over the fake of tests/service and over the real adapter.

What a test of a service may assume about Discord, the vendor and other processes is asserted here.
"""

from tests.pixazo.conftest import client, media, pixazo
from tests.stand_in import meters, stand_in
from tests.store.conftest import wire
from tests.ui.conftest import rest
from tests.ui.test_card_presenter import card, job, noah, pictures, replies

__all__ = [
    "card",
    "client",
    "job",
    "media",
    "meters",
    "noah",
    "pictures",
    "pixazo",
    "replies",
    "rest",
    "stand_in",
    "wire",
]

EACH = ("fake", "real")

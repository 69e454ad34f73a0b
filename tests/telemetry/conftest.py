"""A stand-in of Discord, whose calls are counted."""

from tests.stand_in import meters, stand_in

__all__ = ["meters", "stand_in"]

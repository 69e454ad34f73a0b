"""The stand-in of the vendor: Pixazo's gateway, its queue, its wallet and its painter.

Speaks the contract of AuraFlow v0.3 to the letter, and can have every bad day
that a gateway has. The pictures lie on an origin of their own, as the real ones
do, so that a test can prove that the key never reaches it.
"""

from sandbox.pixazo.queue import Order, Request, Status
from sandbox.pixazo.refusals import Next
from sandbox.pixazo.server import Accepted, Pixazo
from sandbox.pixazo.settings import Settings

__all__ = ["Accepted", "Next", "Order", "Pixazo", "Request", "Settings", "Status"]

"""Stand-in of the vendor: Pixazo's gateway, queue, wallet and image generator.

Implements the contract of AuraFlow v0.3, and every error that the gateway can answer. Pictures are
served from a separate origin, as by the vendor: a test can prove that the key never reaches it.
"""

from sandbox.pixazo.queue import Order, Request, Status
from sandbox.pixazo.refusals import Next
from sandbox.pixazo.server import Accepted, Pixazo
from sandbox.pixazo.settings import Settings

__all__ = ["Accepted", "Next", "Order", "Pixazo", "Request", "Settings", "Status"]

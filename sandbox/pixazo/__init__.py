"""Stand-in of the vendor: Pixazo's gateway, queue, wallet and image generator.

Implements the contract of AuraFlow v0.3, and every error that the gateway can answer. Pictures are
served from a separate origin, as by the vendor: a test can prove that the key never reaches it.

How it stumbles:

- `answer_next` gives an error to the next submits; `trouble` begins or ends a lasting trouble.
- `faults` (of the API) and `media_faults` take each `sandbox.faults.Fault`: it acts on a method and
  a path (all calls, submits, the status of one request, picture 2 of 4), so often or for so long,
  and answers, rewrites, redirects, delays, holds, cuts or drips. `refusals` and `troubles` have
  parts for it.
- `move` sets any state at any time, even after an end; with `hold_states` nothing else does.
- `api`, `media` and `other_media` refuse connections from `close` to `open`; the last has the same
  pictures on another origin.
- `settings.callback_delays` drops, repeats, delays and reorders callbacks, and
  `settings.date_skew_seconds` sets the vendor's clock.
"""

from sandbox.pixazo.queue import Order, Request, Status
from sandbox.pixazo.refusals import Next
from sandbox.pixazo.server import Accepted, Pixazo
from sandbox.pixazo.settings import Settings
from sandbox.pixazo.troubles import Trouble

__all__ = ["Accepted", "Next", "Order", "Pixazo", "Request", "Settings", "Status", "Trouble"]

"""Settings of the vendor's stand-in."""

from dataclasses import dataclass, field


@dataclass(kw_only=True)
class Settings:
    """How the vendor behaves; changes apply to later submits."""

    key: str = "sandbox-key"
    queued_seconds: tuple[float, float] = (1.0, 3.0)  # minimum and maximum
    processing_seconds: tuple[float, float] = (4.0, 8.0)
    wallet_usd: float | None = None  # at the start; None: unlimited
    price_usd: float = 0.001  # per picture
    # Seconds until each copy of a callback is sent; the contract allows duplicates. Empty: none is.
    callback_delays: tuple[float, ...] = (0.0,)
    callback_retry_seconds: tuple[float, ...] = (1.0, 2.0, 4.0, 8.0)
    date_skew_seconds: float = 0.0  # how far the vendor's clock is ahead, in header Date
    forward: dict[str, str] = field(default_factory=dict)  # https origin → local origin
    flagged_word: str = "undressed"  # the check of pictures flags those of prompts with it
    picture_size: int = 1024  # pixels per side

"""How the vendor behaves today."""

from dataclasses import dataclass, field


@dataclass(kw_only=True)
class Settings:
    """How the vendor behaves. What changes later holds for later submits."""

    key: str = "sandbox-key"
    queued_seconds: tuple[float, float] = (1.0, 3.0)  # the shortest and the longest
    processing_seconds: tuple[float, float] = (4.0, 8.0)
    wallet_usd: float | None = None  # at the start; None: endless
    price_usd: float = 0.001  # of one picture
    callbacks: bool = True  # False: webhooks are taken, and nothing is ever sent
    callback_copies: int = 1  # how often each is sent: "more than once" is allowed
    callback_retry_seconds: tuple[float, ...] = (1.0, 2.0, 4.0, 8.0)
    carry: dict[str, str] = field(default_factory=dict)  # https origin → where it really is
    bare_media: bool = False  # pictures are named output.ext, of type application/octet-stream
    picture_size: int = 1024  # pixels a side; tests that don't look take fewer

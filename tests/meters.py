"""Fake of the telemetry of calls to Discord."""

from collections import Counter

from bot.service.telemetry import DiscordCall


class FakeMeters:
    """Records the calls, the answer times and the updates that were coalesced."""

    def __init__(self) -> None:
        self.calls: list[tuple[DiscordCall, type[BaseException] | None]] = []
        self.answers: list[float] = []  # seconds
        self.replaced = 0  # updates that a newer one replaced

    @property
    def counted(self) -> Counter[tuple[DiscordCall, type[BaseException] | None]]:
        return Counter(self.calls)

    def called_discord(
        self, call: DiscordCall, error: BaseException | None, seconds: float
    ) -> None:
        assert seconds >= 0
        self.calls.append((call, type(error) if error is not None else None))

    def answered(self, seconds: float) -> None:
        self.answers.append(seconds)

    def coalesced(self) -> None:
        self.replaced += 1

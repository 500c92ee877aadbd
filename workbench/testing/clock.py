"""A clock that a test sets."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class FakeClock:
    """Returns the time that it was set to.

    >>> clock = FakeClock("2026-03-01T12:00:00+00:00")
    >>> clock.forward(90)
    >>> clock().isoformat()
    '2026-03-01T12:01:30+00:00'
    """

    def __init__(self, now: str = "2026-01-05T12:00:00+00:00") -> None:
        self.now = datetime.fromisoformat(now)

    def __call__(self) -> datetime:
        """Return the time, in UTC."""
        return self.now.astimezone(UTC)

    def forward(self, seconds: float) -> None:
        """Let *seconds* pass; a negative number sets the clock back."""
        self.now += timedelta(seconds=seconds)

    def set(self, now: str) -> None:
        """Set the clock to an ISO 8601 time."""
        self.now = datetime.fromisoformat(now)

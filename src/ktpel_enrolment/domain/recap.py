"""How many of those who should have been recorded were."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Recap:
    """The figures of one visit, or of several added up.

    Attributes
    ----------
    target : first-time holders who were to be recorded.
    recorded : of them, those whose recording is complete.
    printed : cards printed.
    handed_over : cards given to their holder in person.
    """

    target: int
    recorded: int = 0
    printed: int = 0
    handed_over: int = 0

    def __post_init__(self) -> None:
        counts = (self.target, self.recorded, self.printed, self.handed_over)
        if min(counts) < 0:
            raise ValueError(f"a recap counts people; {counts} holds a negative number")
        if self.recorded > self.target:
            raise ValueError(f"{self.recorded} recorded of a target of {self.target}; the target leaves somebody out")
        if not self.handed_over <= self.printed <= self.recorded:
            raise ValueError(f"{self.recorded} recorded, {self.printed} printed, {self.handed_over} handed over: no")

    @property
    def coverage(self) -> float | None:
        """Share of the target that was recorded, in percent to two places; None when nobody was to be."""
        return round(100 * self.recorded / self.target, 2) if self.target else None

    def __add__(self, other: Recap) -> Recap:
        return Recap(
            self.target + other.target,
            self.recorded + other.recorded,
            self.printed + other.printed,
            self.handed_over + other.handed_over,
        )

    def document(self) -> dict[str, int | float | None]:
        """As it stands in ``recap.json``."""
        return {
            "target": self.target,
            "recorded": self.recorded,
            "printed": self.printed,
            "handed_over": self.handed_over,
            "coverage": self.coverage,
        }

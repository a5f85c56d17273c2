"""Row: one line of the tables, with the bar and the aim it is held to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Bench:
    """How rows are run.

    Parameters
    ----------
    repeat : int
        Runs after the warm-up, of which the median is taken.
    quick : bool
        A tenth of the points or so: to see that the scripts work, not to be reported.
    folder : Path
        For files that rows make; gone afterwards.
    """

    repeat: int
    quick: bool
    folder: Path

    def number(self, n_points: int) -> int:
        """Return how many points a row takes for so many."""
        return n_points // 10 if self.quick else n_points


@dataclass(frozen=True)
class Result:
    """What a row measured.

    Parameters
    ----------
    work : str
        What was done.
    measured : float or None
        The median; None where a peer was missing.
    unit : str
        "ms", "s", "times" (a ratio), "MB", "M points/s".
    bar, aim : float or None
        What it must and should keep; None where a row only informs.
    note : str
        What it was measured against, by which engine.
    least : bool
        Whether the bar is a least, not a most.
    detail : dict
        Every figure behind it, for the JSON and the plots.
    """

    work: str
    measured: float | None
    unit: str
    bar: float | None = None
    aim: float | None = None
    note: str = ""
    least: bool = False
    detail: dict[str, Any] = field(default_factory=dict)

    @property
    def verdict(self) -> str:
        """ "aim", "bar" or "missed": what was kept."""
        if self.measured is None or self.bar is None:
            return "-"
        sign = -1 if self.least else 1
        if self.aim is not None and sign * self.measured <= sign * self.aim:
            return "aim"
        return "bar" if sign * self.measured <= sign * self.bar else "missed"

    def cells(self) -> list[str]:
        """Return the row's cells: work, bar, aim, measured, verdict, note."""
        sign = ">=" if self.least else "<="
        unit = "" if self.unit == "times" else f" {self.unit}"
        bar = "-" if self.bar is None else f"{sign} {self.bar:g}{unit}"
        aim = "-" if self.aim is None else f"{self.aim:g}{unit}"
        measured = "not measured" if self.measured is None else f"{self.measured:.3g}{unit}"
        return [self.work, bar, aim, measured, self.verdict, self.note]


HEAD = ("work", "bar", "aim", "measured", "kept", "how")

Measure = Callable[[Bench], list[Result]]
ROWS: dict[str, Measure] = {}


def row(name: str) -> Callable[[Measure], Measure]:
    """Give a measurement the name it is asked for by."""

    def enter(measure: Measure) -> Measure:
        ROWS[name] = measure
        return measure

    return enter

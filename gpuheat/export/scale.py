"""Scale: round numbers along a tone, for a legend."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from gpuheat.color.tone import Tone

# The tone as a table: densities at evenly spaced t. Between two of them lies a quarter of a level.
N_STEPS = 1024
# Even steps leave no gap wider than this.
_WIDEST = 0.36
# How wide a letter of a label is, and the space between two, as parts of the scale's width.
_LETTER, _SPACE = 0.026, 0.04
Tick = tuple[float, str]  # (t, what stands there)


def table(tone: Tone) -> NDArray[np.float64]:
    """Return the densities at evenly spaced t, from 0 to 1; the last one is finite."""
    t = np.linspace(0, 1, N_STEPS + 1)
    found = np.asarray(tone.inverse(t), np.float64)
    # A tone without an end, as classic, never comes to 1.
    found[-1] = found[-1] if np.isfinite(found[-1]) else found[-2]
    return found


def ticks(tone: Tone) -> list[Tick]:
    """Choose round numbers to write beside a tone's colors.

    Parameters
    ----------
    tone : Tone
        Fitted; whatever its name, it is asked for its inverse only.

    Returns
    -------
    list of (t, text)
        Rising. Even steps where they show the whole tone, else 1, 2, 5, 10, ...
    """
    densities = table(tone)
    positions = np.linspace(0, 1, len(densities))
    low, high = float(densities[0]), float(densities[-1])
    largest = max(abs(low), abs(high))

    def placed(numbers: Iterable[float], step: float = largest) -> list[Tick]:
        # So many digits that two labels a step apart differ.
        digits = math.floor(math.log10(largest / step) + 1.001)
        return [
            (float(np.interp(number, densities, positions)), label(number, digits))
            for number in numbers
            if low <= number <= high
        ]

    for step in _falling_steps(high - low):
        first, last = math.ceil(low / step), math.floor(high / step)
        even = placed((number * step for number in range(first, last + 1)), step)
        if _with_room(even) != even:  # too many, as any finer ones would be
            break
        if len(even) > 2 and np.diff([0.0, *(t for t, _ in even), 1.0]).max() <= _WIDEST:
            return even
    smallest = float(np.abs(densities[densities != 0]).min())
    kept = _with_room(placed(chain((0.0,), _round_numbers(smallest, largest))))
    return sorted(kept) if len(kept) > 1 else placed((low, high), (high - low) / 2)


def label(number: float, digits: int = 1) -> str:
    """Write a number shortly, with so many digits at the least: 0.05, 1200, 2.5e6."""
    if number and not 1e-3 <= abs(number) < 1e5:
        mantissa, _, exponent = f"{number:.{max(digits - 1, 2)}e}".partition("e")
        return f"{float(mantissa):.{digits + 2}g}e{int(exponent)}"
    return f"{number:.{max(digits, 3)}g}" if abs(number) < 1000 else f"{number:.0f}"


def _falling_steps(span: float) -> Iterator[float]:
    power = math.floor(math.log10(span))
    for exponent in (power, power - 1):
        for step in (5.0, 2.0, 1.0):
            yield step * 10.0**exponent


def _round_numbers(smallest: float, largest: float) -> Iterator[float]:
    """Yield 1, 2, 5 times powers of ten of a range, of either sign, the roundest first."""
    powers = range(math.floor(math.log10(largest)), math.floor(math.log10(smallest)) - 1, -1)
    for step in (1.0, 2.0, 5.0):
        for power in powers:
            yield step * 10.0**power
            yield -step * 10.0**power


def _with_room(ticks: Iterable[Tick]) -> list[Tick]:
    """Keep, of ticks in the order of their worth, those whose labels have room."""
    kept: list[Tick] = []
    taken: list[tuple[float, float]] = []
    for t, text in ticks:
        # The first label begins where the scale does, the last one ends there.
        width = len(text) * _LETTER
        left, right = t - width * t, t + width * (1 - t)
        if all(right + _SPACE <= begin or left >= end + _SPACE for begin, end in taken):
            kept.append((t, text))
            taken.append((left, right))
    return kept

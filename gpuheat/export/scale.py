"""Scale: round numbers along a tone, for a legend."""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from gpuheat.color.tone import Tone

# The tone as a table: densities at evenly spaced t. Between two of them lies a quarter of a level.
N_STEPS = 1024
# Labels stand no nearer to each other than this, and even steps leave no gap wider than that.
_NEAREST, _WIDEST = 0.15, 0.36
_STEPS = (5.0, 2.0, 1.0)

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

    def placed(numbers: Iterable[float]) -> list[tuple[float, float]]:
        inside = (number for number in numbers if low <= number <= high)
        return [(float(np.interp(number, densities, positions)), number) for number in inside]

    for step in _falling_steps(high - low):
        first, last = math.ceil(low / step), math.floor(high / step)
        even = placed(number * step for number in range(first, last + 1))
        gaps = np.diff([0.0, *(t for t, _ in even), 1.0])
        inner = gaps[1:-1]
        if len(even) > 2 and inner.min() >= _NEAREST and gaps.max() <= _WIDEST:
            return [(t, label(number)) for t, number in even]
        if len(even) > 2 / _NEAREST:
            break
    spread = placed(chain((low, 0.0, high), _round_numbers(low, high)))
    return [(t, label(number)) for t, number in _thinned(spread)]


def label(number: float) -> str:
    """Write a number shortly: 0.05, 1200, 2.5e6."""
    if number and not 1e-3 <= abs(number) < 1e5:
        mantissa, _, exponent = f"{number:.2e}".partition("e")
        return f"{float(mantissa):g}e{int(exponent)}"
    return f"{number:.3g}" if abs(number) < 1000 else f"{number:.0f}"


def _falling_steps(span: float) -> Iterable[float]:
    power = math.floor(math.log10(span))
    for exponent in range(power, power - 3, -1):
        for step in _STEPS:
            yield step * 10.0**exponent


def _round_numbers(low: float, high: float) -> Iterable[float]:
    """Yield 1, 2, 5 times powers of ten that a span reaches, the roundest first."""
    largest = max(abs(low), abs(high))
    top = math.floor(math.log10(largest))
    powers = range(top, top - 13, -1)
    for step in (1.0, 2.0, 5.0):
        for power in powers:
            yield step * 10.0**power
            yield -step * 10.0**power


def _thinned(spread: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
    """Keep, of numbers in the order of their worth, those that have room."""
    kept: list[tuple[float, float]] = []
    for t, number in spread:
        if all(abs(t - other) >= _NEAREST for other, _ in kept):
            kept.append((t, number))
    return sorted(kept)

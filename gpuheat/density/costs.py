"""Costs: what each way to the density takes, by what it grows with."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Costs:
    """What work costs, in seconds; `benchmarks/calibrate.py` measures them.

    Measured on two cores with llvmpipe 15, SciPy 1.17, NumPy 2.4.
    """

    splat: float = 4e-3  # a draw, its read-back
    splat_point: float = 0.35e-6
    splat_fragment: float = 1 / 300e6
    stencil: float = 8e-3
    stencil_block: float = 25e-6  # few dots: a block of pixels each
    stencil_block_pixel: float = 11e-9
    stencil_pass: float = 40e-6  # many dots: a pass per offset
    stencil_point: float = 60e-9
    stencil_pixel: float = 4.5e-9
    count: float = 4e-3
    count_point: float = 13e-9
    band_point: float = 150e-9  # parting points by the size of their dots
    convolve_pixel: float = 16e-9
    convolve_phase: float = 19e-9  # a pixel, for each of the fineness^2 phases; lone dots too


HOST = Costs()
# Without SciPy: numpy.add.at in place of its loops.
HOST_NUMPY = replace(HOST, count_point=45e-9, convolve_pixel=24e-9, convolve_phase=25e-9)
SOFTWARE_GL = replace(HOST, count_point=20e-9, count=12e-3)
# OSMesa draws on one thread.
ONE_THREAD_GL = replace(SOFTWARE_GL, splat_point=0.6e-6, splat_fragment=1 / 150e6)
# An estimate for graphics hardware, not measured: memory-bound counting, quick blending.
HARDWARE_GL = replace(
    HOST,
    splat_point=2e-9,
    splat_fragment=1 / 5e9,
    count_point=1.5e-9,
    count=4e-3,
)

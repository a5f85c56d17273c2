"""Probe: open one device, draw on it, and tell; by itself, for a driver may crash or hang.

``python -m gpuheat.cli.probe DEVICE`` prints a JSON object: `Probe` for the name of a device,
`Listing` for "devices".
"""

from __future__ import annotations

import json
import math
import re
import sys
import time
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from gpuheat.errors import DeviceError, GpuheatError
from gpuheat.gl import devices
from gpuheat.gl.context import Context
from gpuheat.gl.opening import close_context, open_context
from gpuheat.gl.remedy import remedy
from gpuheat.pipeline import render

LIST = "devices"
PASSED = "passed"

# A disk of this diameter on pixel centres: no centre lies on its rim (4.5^2 = 20.25 is no sum
# of two squares of whole numbers), so every driver must find the same pixels in it.
_DOTSIZE = 9.0
_DEVICE = re.compile(r"^(egl(:\d+)?|osmesa): ")
_N_POINTS, _SIZE, _SEED = 10_000, 128, 2


@dataclass(frozen=True)
class Listing:
    """The EGL devices there are, or why they cannot be listed."""

    devices: list[dict[str, Any]] = field(default_factory=list)
    error: str = ""
    remedy: str = ""


@dataclass(frozen=True)
class Probe:
    """What one device is, or why it does not open, and whether it draws as it must.

    Parameters
    ----------
    device : str
        The name it was asked for by.
    opened, name, renderer, version, software, limits, vendor
        As `gpuheat.Context` has them; `opened` is the device's own name, "" where none.
        `vendor` is EGL's own line.
    attempts : list of dict
        What "auto" tried before: device, error, remedy.
    error, remedy : str
        Why it does not open, and what to do.
    self_test : str
        "passed", or what is wrong; "" where it did not open.
    seconds : float
        For opening and self-test.
    """

    device: str
    opened: str = ""
    name: str = ""
    renderer: str = ""
    version: str = ""
    software: bool = True
    limits: dict[str, Any] | None = None
    vendor: str = ""
    attempts: list[dict[str, str]] = field(default_factory=list)
    error: str = ""
    remedy: str = ""
    self_test: str = ""
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        """Whether it draws as it must."""
        return self.self_test == PASSED


def listing() -> Listing:
    """List the EGL devices, best first."""
    try:
        return Listing([asdict(device) | {"name": device.name} for device in devices.egl_devices()])
    except DeviceError as error:
        return Listing(error=str(error), remedy=remedy(str(error)))


def probe(device: str) -> Probe:
    """Open a device, test it, and close it."""
    begun = time.perf_counter()
    try:
        context = open_context(device)
    except DeviceError as error:
        # "device 'egl:7' does not open: egl:7: why -> remedy" says what stands beside it.
        told, _, advice = str(error).rpartition(" -> ")
        reason = _DEVICE.sub("", told.rpartition(" does not open: ")[2])
        return Probe(device, error=reason or str(error), remedy=advice or remedy(str(error)))
    except GpuheatError as error:  # the name that GPUHEAT_DEVICE holds is none
        return Probe(device, error=str(error))
    try:
        verdict, version = self_test(context), context.version
        attempts = [asdict(each) | {"remedy": each.remedy} for each in context.attempts]
        return Probe(
            device,
            opened=context.device,
            name=context.name,
            renderer=context.renderer,
            version=f"{version // 100}.{version % 100 // 10}" if version else "",
            software=context.software,
            limits=None if context.limits is None else asdict(context.limits),
            vendor=_vendor(context),
            attempts=attempts,
            self_test=verdict,
            seconds=round(time.perf_counter() - begun, 3),
        )
    finally:
        close_context()


def self_test(context: Context) -> str:
    """Draw points whose density has an exact sum; return "passed" or what is wrong."""
    radius = _DOTSIZE / 2
    reach = math.ceil(radius)
    # Whole numbers far below 2^24: sums in float32 are exact, in whatever order.
    inner = np.random.default_rng(_SEED).integers(reach, _SIZE - reach, (_N_POINTS, 2))
    try:
        picture = render(
            inner + 0.5,
            size=(_SIZE, _SIZE),
            area=(0, 0, _SIZE, _SIZE),
            dotsize=_DOTSIZE,
            falloff="disk",
            tone="linear",
            span=(0, 1),
            # Left to auto, a software driver's work may be done by the host.
            method="splat" if context.has_gl else "stencil",
            device=context,
        )
    except GpuheatError as error:
        return f"it opens but does not draw: {error}"
    offsets = np.arange(-reach, reach + 1)
    pixels_a_dot = int((np.hypot(offsets[:, None], offsets) <= radius).sum())
    density = picture.density.values
    expected, got = _N_POINTS * pixels_a_dot, float(density.sum(dtype=np.float64))
    if got != expected:
        return f"it draws wrongly: {_N_POINTS} dots sum to {got:.9g}, expected {expected}"
    expected, got = int((density > 0).sum()), int((picture.colored.rgba[..., 3] > 0).sum())
    if got != expected:
        return f"it colors wrongly: {got} pixels are painted, expected {expected}"
    return PASSED


def _vendor(context: Context) -> str:
    way, _, number = context.device.partition(":")
    try:
        return devices.egl_version(int(number)) if way == "egl" else ""
    except DeviceError:
        return ""


if __name__ == "__main__":
    word = sys.argv[1]
    print(json.dumps(asdict(listing() if word == LIST else probe(word))))

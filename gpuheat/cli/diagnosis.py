"""Diagnosis: what `gpuheat doctor` finds, as values."""

from __future__ import annotations

import json
import os
import platform
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import gpuheat
from gpuheat import budget
from gpuheat.cli.probe import LIST, Listing, Probe
from gpuheat.errors import GpuheatError
from gpuheat.gl import opening
from gpuheat.gl.remedy import remedy

PACKAGES = ("moderngl", "glcontext", "numpy", "Pillow")
OPTIONAL_PACKAGES = ("scipy",)

# A software driver opens within a second or two, a cold NVIDIA one within ten.
_TIMEOUT_SECONDS = 60.0
# Each probe is a process of some 150 MB.
_AT_ONCE = 4


@dataclass(frozen=True)
class Diagnosis:
    """What is installed, what can draw, and what gpuheat would take.

    Parameters
    ----------
    versions : dict
        Of gpuheat, Python, the platform and packages; None where one is absent.
    listing : Listing
        The EGL devices.
    probes : tuple of Probe
        One for every device there may be, "cpu" included.
    auto : Probe
        What ``device="auto"`` takes, with what it tried before; a device that
        ``GPUHEAT_DEVICE`` names, where it names one.
    variable : str or None
        ``GPUHEAT_DEVICE``.
    memory : str
        How much memory a job may take; "" where ``GPUHEAT_MAX_BYTES`` is wrong.
    problems : tuple of str
        What keeps gpuheat from drawing right; empty where nothing does.
    """

    versions: dict[str, str | None]
    listing: Listing
    probes: tuple[Probe, ...]
    auto: Probe
    variable: str | None
    memory: str
    problems: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Whether gpuheat draws here, and draws right."""
        return not self.problems

    def as_dict(self) -> dict[str, Any]:
        """Return it all in JSON's types."""
        return asdict(self) | {"ok": self.ok}


def diagnose() -> Diagnosis:
    """Look at everything; nothing that is broken stops it."""
    found = listing()
    names = [device["name"] for device in found.devices] or ["egl"]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        *probes, auto = pool.map(probe, [*names, "osmesa", "cpu", "auto"])
    memory, problems = _memory()
    named = os.environ.get(opening.VARIABLE)
    if not auto.opened:
        called = f"{opening.VARIABLE}={named}" if named else "device auto"
        problems.append(f"{called} does not open: {auto.error}")
    tested = {each.opened: each for each in (auto, *probes) if each.opened}
    problems += [f"{each.opened}: {each.self_test}" for each in tested.values() if not each.ok]
    return Diagnosis(_versions(), found, tuple(probes), auto, named, memory, tuple(problems))


def listing() -> Listing:
    """List the EGL devices, in a process of its own."""
    values = apart(LIST)
    error = values.get("error", "")
    return Listing(values.get("devices", []), error, values.get("remedy") or _remedy(error))


def probe(device: str) -> Probe:
    """Open and test one device, in a process of its own."""
    values = apart(device)
    if "device" in values:
        return Probe(**values)
    return Probe(device, error=values["error"], remedy=_remedy(values["error"]))


def apart(word: str) -> dict[str, Any]:
    """Ask `gpuheat.cli.probe` in a process of its own: a driver that crashes ends only that.

    Two contexts in one process have crashed as well; so each device has its own.

    Parameters
    ----------
    word : str
        A device's name, or "devices".

    Returns
    -------
    dict
        What it printed; only "error" where it did not come to that.
    """
    # The package may have been found through the current folder or an editable install.
    package = Path(gpuheat.__file__).resolve().parent
    paths = [str(package.parent), *filter(None, [os.environ.get("PYTHONPATH")])]
    try:
        done = subprocess.run(
            [sys.executable, "-m", "gpuheat.cli.probe", word],
            env=os.environ | {"PYTHONPATH": os.pathsep.join(paths)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_TIMEOUT_SECONDS,
            encoding="utf-8",
            errors="replace",
        )
    except subprocess.TimeoutExpired:
        return {"error": f"no answer within {_TIMEOUT_SECONDS:.0f} s"}
    except OSError as error:
        return {"error": f"a process to open it in cannot be started: {error}"}
    for line in reversed(done.stdout.splitlines()):  # a driver may print, too
        if line.startswith("{"):
            values: dict[str, Any] = json.loads(line)
            if values.get("error") and done.stderr.strip():
                values["error"] += f" ({done.stderr.strip().splitlines()[0]})"
            return values
    said = done.stderr.strip().splitlines()
    return {"error": f"it crashed: {_ending(done.returncode)} {said[-1] if said else ''}".strip()}


def _ending(status: int) -> str:
    try:
        return signal.Signals(-status).name
    except ValueError:
        return f"status {status}"


def _remedy(error: str) -> str:
    return remedy(error) if error else ""


def _memory() -> tuple[str, list[str]]:
    try:
        return budget.amount(budget.max_bytes()), []
    except GpuheatError as error:
        return "", [str(error)]


def _versions() -> dict[str, str | None]:
    versions: dict[str, str | None] = {
        "gpuheat": gpuheat.__version__,
        "Python": platform.python_version(),
        "platform": platform.platform(),
    }
    for package in PACKAGES + OPTIONAL_PACKAGES:
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            versions[package] = None
    return versions

"""Machine: what a measurement was made on."""

from __future__ import annotations

import os
import platform
from importlib import metadata
from pathlib import Path

import gpuheat

PACKAGES = (
    "numpy",
    "scipy",
    "moderngl",
    "Pillow",
    "datashader",
    "numba",
    "pandas",
    "fast-histogram",
    "KDEpy",
)


def describe() -> dict[str, object]:
    """Return the machine, the drivers and the versions."""
    versions = {"python": platform.python_version(), "gpuheat": gpuheat.__version__}
    for name in PACKAGES:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            versions[name] = "not installed"
    return {
        "cores": _cores(),
        "processor": _named("/proc/cpuinfo", "model name") or platform.processor(),
        "memory": _memory(),
        "system": f"{_named('/etc/os-release', 'PRETTY_NAME') or platform.system()}, "
        f"{platform.release()}, {platform.machine()}",
        "drivers": _drivers(),
        "versions": versions,
    }


def lines(machine: dict[str, object]) -> str:
    """Write it as a Markdown list."""
    versions = machine["versions"]
    shown = ", ".join(f"{name} {version}" for name, version in versions.items())  # type: ignore[attr-defined]
    drivers = "; ".join(f"{name}: {what}" for name, what in machine["drivers"].items())  # type: ignore[attr-defined]
    return (
        f"- {machine['cores']} cores, {machine['processor']}, {machine['memory']}\n"
        f"- {machine['system']}\n- {drivers}\n- {shown}\n"
    )


def _cores() -> int:
    """Return the cores this process may use, which are fewer than all in a container."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _memory() -> str:
    if not hasattr(os, "sysconf") or "SC_PHYS_PAGES" not in os.sysconf_names:
        return "memory unknown"
    return f"{os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE') / 2**30:.0f} GiB"


def _named(path: str, key: str) -> str:
    """Return the first value of a key in a file of keys and values."""
    try:
        for line in Path(path).read_text().splitlines():
            name, _, value = line.replace(":", "=", 1).partition("=")
            if name.strip() == key:
                return value.strip().strip('"')
    except OSError:
        pass
    return ""


def _drivers() -> dict[str, str]:
    """Open each device in turn; the one that "auto" takes comes last and stays open."""
    found = {}
    for device in ("osmesa", "egl", "auto"):
        try:
            context = gpuheat.open_context(device)
        except gpuheat.DeviceError as error:
            found[device] = f"does not open ({str(error).splitlines()[0][:80]})"
        else:
            found[device] = context.name
    return found

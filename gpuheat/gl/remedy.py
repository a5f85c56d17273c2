"""What to do about a device that will not open, by the text of its error."""

from __future__ import annotations

INSTALL = "apt-get install --no-install-recommends libegl1 libgl1 libgl1-mesa-dri"

# First match wins. Every text was met in the wild; `test_remedy.py` replays them.
_REMEDIES: tuple[tuple[str, str], ...] = (
    ("libOSMesa", "apt-get install libosmesa6 (Mesa 25.1 and newer have no OSMesa: use EGL)"),
    ("0x3001", "the EGL driver is missing: apt-get install libgl1-mesa-dri"),
    (
        "but found 0 devices",
        "no EGL driver is installed: apt-get install libgl1-mesa-dri; in an NVIDIA container "
        "run it with the graphics capability (NVIDIA_DRIVER_CAPABILITIES=graphics,compute)",
    ),
    ("lists 0 devices", "no EGL driver is installed: apt-get install libgl1-mesa-dri"),
    ("found", "name a device that `gpuheat doctor` lists, such as egl:0"),
    ("libEGL", f"EGL is not installed: {INSTALL}"),
    ("libGL", f"OpenGL is not installed: {INSTALL}"),
    ("OpenGL 3.3", "this driver is too old; update Mesa or the graphics driver, or use cpu"),
    ("version", "this driver is too old; update Mesa or the graphics driver, or use cpu"),
)


def remedy(error: str) -> str:
    """Return the remedy for a device's error, or the general one."""
    for sign, advice in _REMEDIES:
        if sign in error:
            return advice
    return f"on Debian and Ubuntu: {INSTALL}; or draw without GL: device cpu"

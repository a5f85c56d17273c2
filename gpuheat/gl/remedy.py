"""What to do about a device that will not open, by the text of its error."""

from __future__ import annotations

import sys

INSTALL = "apt-get install --no-install-recommends libegl1 libgl1 libgl1-mesa-dri"
_DRIVER = "apt-get install libgl1-mesa-dri"
_TOO_OLD = "this driver is too old; update Mesa or the graphics driver, or use cpu"
_NO_DRIVER = (
    f"no EGL driver is installed: {_DRIVER}; in an NVIDIA container run it with the graphics "
    "capability (NVIDIA_DRIVER_CAPABILITIES=graphics,compute)"
)

# First match wins. Every text was met in the wild; `test_remedy.py` replays them.
_REMEDIES: tuple[tuple[str, str], ...] = (
    ("crashed", "the driver is at fault: update it, or keep away from it: GPUHEAT_DEVICE=cpu"),
    ("no answer", "the driver hangs: update it, or keep away from it: GPUHEAT_DEVICE=cpu"),
    ("libOSMesa", "apt-get install libosmesa6 (Mesa 25.1 and newer have no OSMesa: use EGL)"),
    # EGL_NOT_INITIALIZED
    (
        "0x3001",
        f"the EGL driver is missing ({_DRIVER}), or /dev/dri is closed to this user (add the "
        "user to the groups video and render)",
    ),
    # EGL_BAD_ALLOC
    ("0x3003", "the driver is out of memory: end what else uses it, or use cpu"),
    # EGL_BAD_MATCH, as Mesa answers when it offers no OpenGL 3.3 core, and its relatives
    ("eglCreateContext failed", f"it offers no OpenGL 3.3 core: {_TOO_OLD}"),
    ("but found 0 devices", _NO_DRIVER),
    ("lists 0 devices", _NO_DRIVER),
    ("lists no devices", _NO_DRIVER),
    # libglvnd without any vendor's library behind it says so
    ("has no eglQuery", f"{_NO_DRIVER}; or libEGL itself is too old: update it"),
    ("device(s) found", "name a device that `gpuheat doctor` lists, such as egl:0"),
    ("but found", "name a device that `gpuheat doctor` lists, such as egl:0"),
    ("libEGL", f"EGL is not installed: {INSTALL}"),
    ("libGL", f"OpenGL is not installed: {INSTALL}"),
    ("OpenGL 3.3", _TOO_OLD),
    ("version", _TOO_OLD),
    ("does not compile", "this driver is at fault: update it, or use cpu"),
)


def remedy(error: str) -> str:
    """Return the remedy for a device's error, or the general one."""
    if sys.platform in ("win32", "darwin") and ("libEGL" in error or "libOSMesa" in error):
        return "it is made for Linux; here device auto takes the system's own OpenGL"
    for sign, advice in _REMEDIES:
        if sign in error:
            return advice
    return f"on Debian and Ubuntu: {INSTALL}; or draw without GL: device cpu"

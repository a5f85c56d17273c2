"""Which EGL devices there are, asked of libEGL itself; and letting go of a display.

moderngl opens a context but neither lists the devices nor lets a display go, and both
matter: hardware should come before software, and a driver's threads do not survive fork.
"""

from __future__ import annotations

import ctypes
from ctypes import CFUNCTYPE, POINTER, byref, c_char_p, c_int, c_uint, c_void_p
from dataclasses import dataclass
from typing import Any

from gpuheat.errors import DeviceError

LIBRARY = "libEGL.so.1"
# Names from the EGL registry (EGL_EXT_device_query, EGL_EXT_platform_device, EGL 1.4).
_EXTENSIONS = 0x3055
_PLATFORM_DEVICE = 0x313F
_VENDOR, _VERSION = 0x3053, 0x3054
_MOST_DEVICES = 64

# The numbers of the devices whose displays may be alive in this process.
opened: set[int] = set()


@dataclass(frozen=True, slots=True)
class EglDevice:
    """One device libEGL offers.

    Parameters
    ----------
    index : int
        Its number, as in the device name "egl:1".
    software : bool
        Whether it draws on the processor (Mesa's llvmpipe).
    extensions : str
    """

    index: int
    software: bool
    extensions: str

    @property
    def name(self) -> str:
        """How it is asked for: "egl:0"."""
        return f"egl:{self.index}"


def egl_devices() -> list[EglDevice]:
    """List the EGL devices, hardware first.

    Raises
    ------
    DeviceError
        If libEGL is not installed or cannot list devices.
    """
    egl, handles = _handles()
    if not handles:
        return []  # without a driver behind it, libEGL cannot describe devices either
    describe = _function(egl, "eglQueryDeviceStringEXT", c_char_p, c_void_p, c_int)
    found = []
    for index, handle in enumerate(handles):
        extensions = (describe(handle, _EXTENSIONS) or b"").decode()
        found.append(EglDevice(index, "EGL_MESA_device_software" in extensions, extensions))
    return sorted(found, key=lambda device: (device.software, device.index))


def let_go(index: int) -> None:
    """Unbind this thread from a device's display, so that a released context really ends."""
    egl, handles = _handles()
    display = _display(egl, handles[index])
    egl.eglMakeCurrent.argtypes = [c_void_p] * 4
    egl.eglMakeCurrent(display, None, None, None)
    egl.eglReleaseThread()


def end_displays() -> None:
    """End the display of every device that was opened, and with it the driver's threads.

    Mesa's llvmpipe keeps its threads with the display, even when no context is left. Forked
    off, they are gone and the next context waits for them for ever, so displays must end
    before a fork (`test_context.py` forks). It ends other contexts of this process on these
    devices as well.
    """
    while opened:
        egl, handles = _handles()
        egl.eglTerminate.argtypes = [c_void_p]
        egl.eglTerminate(_display(egl, handles[opened.pop()]))


def egl_version(index: int) -> str:
    """Return vendor and version of a device's display, for `gpuheat doctor`."""
    egl, handles = _handles()
    display = _display(egl, handles[index])
    egl.eglQueryString.argtypes = [c_void_p, c_int]
    egl.eglQueryString.restype = c_char_p
    parts = (egl.eglQueryString(display, name) or b"" for name in (_VENDOR, _VERSION))
    return " ".join(part.decode() for part in parts).strip()


def _handles() -> tuple[Any, list[int]]:
    try:
        egl = ctypes.CDLL(LIBRARY)
    except OSError as error:
        raise DeviceError(f"{LIBRARY} not loaded: {error}") from error
    query = _function(egl, "eglQueryDevicesEXT", c_uint, c_int, POINTER(c_void_p), POINTER(c_int))
    handles, n_devices = (c_void_p * _MOST_DEVICES)(), c_int(0)
    if not query(_MOST_DEVICES, handles, byref(n_devices)):
        raise DeviceError("eglQueryDevicesEXT failed: the EGL driver lists no devices")
    return egl, [handle for handle in handles[: n_devices.value] if handle]


def _display(egl: Any, handle: int) -> Any:
    get_display = _function(egl, "eglGetPlatformDisplayEXT", c_void_p, c_int, c_void_p, c_void_p)
    return get_display(_PLATFORM_DEVICE, handle, None)


def _function(egl: Any, name: str, result: Any, *arguments: Any) -> Any:
    egl.eglGetProcAddress.restype = c_void_p
    egl.eglGetProcAddress.argtypes = [c_char_p]
    address = egl.eglGetProcAddress(name.encode())
    if not address:
        raise DeviceError(f"{LIBRARY} has no {name}: it is too old to list devices")
    return CFUNCTYPE(result, *arguments)(address)

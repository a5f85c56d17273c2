"""OSMesa: Mesa's off-screen library, wrapped as moderngl's context loader expects.

A fallback where EGL is missing; Mesa 25.1 removed the library.
"""

from __future__ import annotations

import ctypes
import os
from ctypes import c_int, c_uint, c_void_p
from types import TracebackType
from typing import Any

from gpuheat.errors import DeviceError

LIBRARIES = ("libOSMesa.so.8", "libOSMesa.so.6", "libOSMesa.so")
# Names from osmesa.h and gl.h.
_FORMAT, _RGBA = 0x22, 0x1908
_DEPTH_BITS, _STENCIL_BITS = 0x30, 0x31
_PROFILE, _CORE_PROFILE = 0x33, 0x34
_MAJOR_VERSION, _MINOR_VERSION = 0x36, 0x37
_UNSIGNED_BYTE = 0x1401


class OSMesaLoader:
    """What ``moderngl.create_context(context=...)`` takes: it makes current and finds names.

    Raises
    ------
    DeviceError
        If the library is absent or offers no OpenGL 3.3 core profile.
    """

    def __init__(self) -> None:
        self._library = _load()
        self._library.OSMesaCreateContextAttribs.restype = c_void_p
        self._library.OSMesaGetProcAddress.restype = c_void_p
        wanted = (_FORMAT, _RGBA, _DEPTH_BITS, 0, _STENCIL_BITS, 0, _PROFILE, _CORE_PROFILE)
        attributes = (*wanted, _MAJOR_VERSION, 3, _MINOR_VERSION, 3, 0)
        with _one_threaded():
            self._context: int | None = self._library.OSMesaCreateContextAttribs(
                (c_int * len(attributes))(*attributes), None
            )
        if not self._context:
            raise DeviceError("OSMesa makes no OpenGL 3.3 core context")
        # OSMesa draws into memory we own; all real work goes into framebuffer objects.
        self._pixels = (ctypes.c_ubyte * 4)()
        self.__enter__()

    def load(self, name: str) -> int:
        """Return the address of a GL function, or 0."""
        return self._library.OSMesaGetProcAddress(name.encode()) or 0

    # moderngl 5.8 and older ask by this name.
    load_opengl_function = load

    def __enter__(self) -> OSMesaLoader:
        made = self._library.OSMesaMakeCurrent(
            c_void_p(self._context), self._pixels, c_uint(_UNSIGNED_BYTE), 1, 1
        )
        if not made:
            raise DeviceError("OSMesaMakeCurrent failed")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stay current: the context lives on a thread of its own."""

    def release(self) -> None:
        """Destroy the context; safe to call twice."""
        if self._context:
            self._library.OSMesaDestroyContext(c_void_p(self._context))
            self._context = None


def _load() -> Any:
    errors = []
    for name in LIBRARIES:
        try:
            return ctypes.CDLL(name)
        except OSError as error:
            errors.append(str(error))
    raise DeviceError(f"{LIBRARIES[0]} not loaded: {errors[0]}")


class _one_threaded:  # noqa: N801 - reads as a statement
    """Let llvmpipe start no threads while its screen is made.

    OSMesa keeps its screen until the process ends and offers no way to let it go, so its
    threads would be missing after a fork and the child would wait for ever (`devices.py`
    solves that for EGL). Drawing on the calling thread alone, it survives.
    """

    def __enter__(self) -> None:
        self._before = os.environ.get("LP_NUM_THREADS")
        os.environ["LP_NUM_THREADS"] = "0"

    def __exit__(self, *_: object) -> None:
        if self._before is None:
            del os.environ["LP_NUM_THREADS"]
        else:
            os.environ["LP_NUM_THREADS"] = self._before

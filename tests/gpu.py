"""The devices the tests draw on, and a census of what a GL context holds."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable

import moderngl
import pytest

import gpuheat
from gpuheat.gl import devices, osmesa
from gpuheat.gl.context import Context

DEVICES = ("egl", "osmesa", "cpu")
GL_DEVICES = ("egl", "osmesa")

# Where the tests must not pass by leaving things out.
CI = "CI"

# What GL can tell the life of by name. Drivers hand out the lowest free names, so that an
# object that leaked in a test has one of the first.
KINDS = {
    "buffer": "glIsBuffer",
    "texture": "glIsTexture",
    "framebuffer": "glIsFramebuffer",
    "renderbuffer": "glIsRenderbuffer",
    "vertex array": "glIsVertexArray",
    "sampler": "glIsSampler",
    "query": "glIsQuery",
    "program": "glIsProgram",
}
N_NAMES = 200

Loader = Callable[[str], int]


def open_or_skip(name: str) -> Context:
    """Open a device; where there is none, the test is skipped, and in CI it fails."""
    try:
        return gpuheat.open_context(name)
    except gpuheat.DeviceError as error:
        reason = f"no {name} here: {error}"
    if os.environ.get(CI):
        pytest.fail(f"CI must have it: {reason}")
    pytest.skip(reason)


def living(context: Context) -> dict[str, int]:
    """Count the GL objects of a context, leaving out the programs that it keeps."""
    loader = egl_loader if context.device.startswith("egl") else osmesa_loader()

    def count(_: moderngl.Context) -> dict[str, int]:
        counts = count_objects(loader)
        counts["program"] -= len(context._programs)
        return counts

    counts = context.run(count)
    return {kind: count for kind, count in counts.items() if count}


def count_objects(loader: Loader) -> dict[str, int]:
    """Count the objects of the context that is current on this thread."""
    counts = {}
    for kind, function in KINDS.items():
        exists = ctypes.CFUNCTYPE(ctypes.c_ubyte, ctypes.c_uint)(loader(function))
        counts[kind] = sum(exists(name) for name in range(1, N_NAMES + 1))
    return counts


def pending_error(context: Context) -> str:
    """Return the GL error that was left on a context, and clear it."""

    def ask(gl: moderngl.Context) -> str:
        error: str = gl.error
        return error

    return context.run(ask)


def left_behind(context: Context) -> list[str]:
    """Say what a test left on an open context; an empty list is right."""
    error = pending_error(context)
    left = [] if error == "GL_NO_ERROR" else [f"{context.name}: {error} is pending"]
    return left + [f"{context.name}: {n} {kind} left" for kind, n in living(context).items()]


def egl_loader(name: str) -> int:
    egl = ctypes.CDLL(devices.LIBRARY)
    egl.eglGetProcAddress.restype = ctypes.c_void_p
    address: int | None = egl.eglGetProcAddress(name.encode())
    return address or 0


def osmesa_loader() -> Loader:
    library = osmesa._load()
    library.OSMesaGetProcAddress.restype = ctypes.c_void_p
    return lambda name: library.OSMesaGetProcAddress(name.encode()) or 0

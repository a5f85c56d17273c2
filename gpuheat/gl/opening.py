"""Open the process's one context: hardware before software, GL before the host."""

from __future__ import annotations

import atexit
import os
import re
import sys
import threading
import weakref
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import moderngl

from gpuheat.errors import DeviceError, InputError, unknown
from gpuheat.gl import devices, osmesa
from gpuheat.gl.context import Attempt, Context, Limits
from gpuheat.gl.worker import CLOSED, Worker

VARIABLE = "GPUHEAT_DEVICE"
NAMES = ("auto", "egl", "egl:N", "osmesa", "cpu")
_REQUIRED_GL = 330
_COMPUTE_GL = 430
# Seconds that the interpreter's exit waits for a picture on its way.
_PATIENCE = 2.0

# The one open GL context, with the names it answers to. `_lock` guards both.
_current: Context | None = None
_answers: set[str] = set()
_lock = threading.RLock()
_host = Context("cpu", "NumPy", software=True)
_borrowed: weakref.WeakKeyDictionary[moderngl.Context, Context] = weakref.WeakKeyDictionary()


def open_context(device: str | Context | moderngl.Context | None = None) -> Context:
    """Return the process's one context, opening it where needed.

    Parameters
    ----------
    device : str, Context or moderngl.Context, optional
        "auto": EGL hardware, EGL software, OSMesa, else the host ("cpu"), whichever opens
        first; where the environment's ``GPUHEAT_DEVICE`` names a device, that one. "egl",
        "egl:1" (by number), "osmesa", "cpu": that one or an error. A `moderngl.Context` of
        the caller's is used on the caller's thread and not closed.

    Returns
    -------
    Context
        Asking for another GL device than the open one closes that first.

    Raises
    ------
    DeviceError
        If the named device does not open; the text says why and what to do.
    InputError
        If there is no such name.
    """
    global _current
    if isinstance(device, Context):
        if not device.is_open:
            raise DeviceError(CLOSED)
        return device
    if isinstance(device, moderngl.Context):
        if device not in _borrowed or not _borrowed[device].is_open:
            _borrowed[device] = _describe("given", device)
        return _borrowed[device]
    wanted = check_device(device)
    if wanted == "cpu":
        return _host
    with _lock:
        if _current is not None and _current.is_open and wanted in _answers:
            return _current
        close_context()
        context = _open_first(wanted)
        if context.has_gl:
            _current = context
            _answers.update({wanted, context.device})
        return context


def close_context() -> None:
    """Close the process's context, if there is one; the next call to draw opens another."""
    global _current
    with _lock:
        _answers.clear()
        if _current is not None:
            _current.close()
            _current = None


def check_device(device: str | None = None) -> str:
    """Check a device's name; "auto" and None give way to ``GPUHEAT_DEVICE``.

    Raises
    ------
    InputError
        If there is no such name; the text offers the nearest.
    """
    source = "device"
    if device in (None, "auto") and (named := os.environ.get(VARIABLE)):
        source, device = VARIABLE, named
    name = "auto" if device is None else device
    if not isinstance(name, str):
        raise InputError(
            f"device is {name!r}; give a name ({', '.join(NAMES)}), a gpuheat.Context "
            "or a moderngl.Context"
        )
    if name == "egl:N" or (name not in NAMES and not re.fullmatch(r"egl:\d+", name)):
        raise unknown(source, name, NAMES)
    return name


def _open_first(wanted: str) -> Context:
    """Open the first of the devices that `wanted` stands for."""
    attempts: list[Attempt] = []
    for device, opener in _candidates(wanted, attempts):
        try:
            context = opener()
        except DeviceError as error:
            attempts.append(Attempt(device, str(error)))
        else:
            return replace(context, attempts=tuple(attempts))
    if wanted == "auto":
        return replace(_host, attempts=tuple(attempts))
    failed = "; ".join(f"{a.device}: {a.error} -> {a.remedy}" for a in attempts)
    raise DeviceError(f"device {wanted!r} does not open: {failed}")


def _candidates(
    wanted: str, attempts: list[Attempt]
) -> Iterator[tuple[str, Callable[[], Context]]]:
    """List the devices to try, best first; a list that cannot be had is itself an attempt."""
    way, _, number = wanted.partition(":")
    if way in ("auto", "egl"):
        try:
            found = devices.egl_devices()
        except DeviceError as error:
            attempts.append(Attempt("egl", str(error)))
            found = []
        else:
            if not found:
                attempts.append(Attempt("egl", f"{devices.LIBRARY} lists 0 devices"))
            elif number and int(number) >= len(found):
                attempts.append(Attempt(wanted, f"only {len(found)} EGL device(s) found"))
        for egl in found:
            if number in ("", str(egl.index)):
                yield egl.name, partial(_open_egl, egl)
    if way == "auto" and sys.platform in ("win32", "darwin"):
        yield "default", _open_default
    if way in ("auto", "osmesa"):
        yield "osmesa", _open_osmesa


def _open_egl(egl: devices.EglDevice) -> Context:
    devices.opened.add(egl.index)
    settings: dict[str, Any] = {"backend": "egl", "device_index": egl.index}
    settings |= {"libgl": devices.LIBRARY, "libegl": devices.LIBRARY}
    # libEGL plays libGL's part too (it exports eglGetProcAddress), so that neither libGL nor
    # X11 is needed. The versioned names exist where no -dev package is installed.
    return _open_own(
        egl.name,
        lambda: moderngl.create_context(standalone=True, require=_REQUIRED_GL, **settings),
    )


def _open_default() -> Context:
    return _open_own(
        "default", lambda: moderngl.create_context(standalone=True, require=_REQUIRED_GL)
    )


def _open_osmesa() -> Context:
    def create() -> moderngl.Context:
        loader: Any = osmesa.OSMesaLoader()
        return moderngl.create_context(context=loader)

    return _open_own("osmesa", create)


def _open_own(device: str, create: Callable[[], moderngl.Context]) -> Context:
    """Create a context on a new thread of its own."""
    worker = Worker()
    created: list[moderngl.Context] = []

    def begin() -> Context:
        created.append(create())
        return _describe(device, created[0], worker)

    def end() -> None:
        for gl in created:
            gl.release()

    try:
        return worker.run(begin)
    except Exception as error:
        worker.stop(end)
        if isinstance(error, DeviceError):
            raise
        # glcontext raises plain Exceptions with the driver's text.
        raise DeviceError(str(error)) from error


def _describe(device: str, gl: moderngl.Context, worker: Worker | None = None) -> Context:
    if gl.version_code < _REQUIRED_GL:
        raise DeviceError(f"it offers OpenGL {gl.version_code / 100}; OpenGL 3.3 is needed")
    renderer = str(gl.info["GL_RENDERER"])
    return Context(
        device,
        renderer,
        software=any(name in renderer.lower() for name in ("llvmpipe", "softpipe", "swrast")),
        version=gl.version_code,
        limits=Limits(
            texture_size=int(gl.info["GL_MAX_TEXTURE_SIZE"]),
            viewport=min(gl.info["GL_MAX_VIEWPORT_DIMS"]),
            point_size=float(gl.info["GL_POINT_SIZE_RANGE"][1]),
            compute=gl.version_code >= _COMPUTE_GL,
        ),
        _gl=gl,
        _worker=worker,
    )


def _before_fork() -> None:
    """End the context and its driver's threads: neither survives a fork (devices.end_displays)."""
    _lock.acquire()
    close_context()
    devices.end_displays()


def _after_fork_in_child() -> None:
    global _lock
    _lock = threading.RLock()


def _at_exit() -> None:
    """Release the context, but let no endless job on another thread keep the process."""
    if _lock.acquire(timeout=_PATIENCE):
        try:
            if _current is not None:
                _current.close(patience=_PATIENCE)
        finally:
            _lock.release()


atexit.register(_at_exit)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_before_fork,
        after_in_parent=lambda: _lock.release(),
        after_in_child=_after_fork_in_child,
    )

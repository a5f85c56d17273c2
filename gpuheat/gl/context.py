"""Context: the device that draws, and the thread that owns it."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import moderngl

from gpuheat.errors import DeviceError
from gpuheat.gl import devices
from gpuheat.gl.program import compile_compute, compile_program
from gpuheat.gl.remedy import remedy
from gpuheat.gl.worker import CLOSED, Worker

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Attempt:
    """One device that `open_context` tried and could not open, and why."""

    device: str
    error: str

    @property
    def remedy(self) -> str:
        """What to do about it."""
        return remedy(self.error)


@dataclass(frozen=True, slots=True)
class Limits:
    """What the driver can do, as far as drawing here depends on it."""

    texture_size: int
    viewport: int
    point_size: float
    compute: bool


@dataclass
class Context:
    """A device to draw on: a GL context with its thread, or the host.

    Made by `open_context`. Any thread may call `run`.

    Attributes
    ----------
    device : str
        "egl:0", "osmesa", "default" (moderngl's own), "given" (the caller's) or "cpu".
    renderer : str
        The driver's name for itself; "NumPy" on the host.
    software : bool
        Whether it draws on the processor.
    version : int
        OpenGL version times 100 (330, 450); 0 on the host.
    limits : Limits or None
        None on the host.
    attempts : tuple of Attempt
        What ``auto`` tried before this one.
    """

    device: str
    renderer: str
    software: bool
    version: int = 0
    limits: Limits | None = None
    attempts: tuple[Attempt, ...] = ()
    _gl: moderngl.Context | None = field(default=None, repr=False)
    _worker: Worker | None = field(default=None, repr=False)
    _programs: dict[str, Any] = field(default_factory=dict, repr=False)
    _pid: int = field(default_factory=os.getpid, repr=False)

    @property
    def has_gl(self) -> bool:
        """Whether GL draws; else NumPy does."""
        return self.limits is not None

    @property
    def is_open(self) -> bool:
        """Whether it can draw in this process."""
        return self._pid == os.getpid() and (not self.has_gl or self._gl is not None)

    @property
    def name(self) -> str:
        """A short name for people: "EGL llvmpipe", "NumPy"."""
        way = self.device.partition(":")[0]
        way = {"egl": "EGL ", "osmesa": "OSMesa "}.get(way, "")
        return way + self.renderer.partition(" (")[0]

    def run(self, job: Callable[[moderngl.Context], T]) -> T:
        """Run a job with the GL context current, on the context's own thread.

        Parameters
        ----------
        job : callable
            Gets the `moderngl.Context`. What it allocates it must release.

        Raises
        ------
        DeviceError
            If this context is closed or came through a fork, or GL reports an error.
        """
        gl = self._gl
        if gl is None or not self.is_open:
            raise DeviceError(CLOSED)

        def guarded() -> T:
            if self._gl is None:  # closed while this job waited for its turn
                raise DeviceError(CLOSED)
            try:
                result = job(gl) if self._worker is not None else _borrowing(gl, job)
            except moderngl.Error as error:
                raise DeviceError(f"{self.name}: {error}") from error
            if (state := gl.error) != "GL_NO_ERROR":
                raise DeviceError(f"{self.name} reports {state}")
            return result

        return guarded() if self._worker is None else self._worker.run(guarded)

    def rest(self) -> None:
        """Wait for what was drawn, inside a long job: the job ends here if nobody wants it.

        A software driver holds Python's lock while it draws: without rests no Ctrl-C is heard.
        """
        if self._gl is not None:
            self._gl.finish()
        if self._worker is not None:
            self._worker.leave_if_abandoned()

    def program(self, name: str, vertex: str | None = None) -> moderngl.Program:
        """Return a compiled program, made on first use; call it from inside a job."""
        if self._gl is None:
            raise DeviceError(CLOSED)
        if name not in self._programs:
            self._programs[name] = compile_program(self._gl, name, vertex)
        program: moderngl.Program = self._programs[name]
        return program

    def compute(self, name: str) -> moderngl.ComputeShader:
        """Return a compiled compute shader, made on first use; call it from inside a job."""
        if self._gl is None:
            raise DeviceError(CLOSED)
        stage = f"{name}.comp"
        if stage not in self._programs:
            self._programs[stage] = compile_compute(self._gl, name)
        shader: moderngl.ComputeShader = self._programs[stage]
        return shader

    def close(self, *, patience: float | None = None) -> None:
        """Release what this context holds. A borrowed `moderngl.Context` itself stays open.

        Parameters
        ----------
        patience : float, optional
            Seconds to wait for jobs in flight; without, until they are done.
        """
        if self._gl is None or self._pid != os.getpid():
            return  # on the host there is nothing to close, and a fork's copy is not ours

        def release() -> None:
            gl, self._gl = self._gl, None
            if gl is None:
                return
            for program in self._programs.values():
                program.release()
            self._programs.clear()
            if self._worker is not None:  # else the context is the caller's own
                gl.release()
                if self.device.startswith("egl:"):
                    devices.let_go(int(self.device.partition(":")[2]))

        if self._worker is None:
            release()
        else:
            self._worker.stop(release, patience)


def _borrowing(gl: moderngl.Context, job: Callable[[moderngl.Context], T]) -> T:
    """Run a job with nothing enabled on a context of the caller's, and put back what was.

    The blend function cannot be asked for: it is moderngl's default afterwards.
    """
    scope = gl.scope(gl.fbo or gl.detect_framebuffer(0), enable_only=moderngl.NOTHING)
    try:
        with scope:
            return job(gl)
    finally:
        scope.release()

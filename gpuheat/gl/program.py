"""Read shaders from the folder `shaders/` and compile them."""

from __future__ import annotations

import moderngl

from gpuheat.errors import DeviceError
from gpuheat.resources import folder


def compile_program(gl: moderngl.Context, name: str, vertex: str | None = None) -> moderngl.Program:
    """Compile ``<vertex>.vert`` with ``<name>.frag``.

    Parameters
    ----------
    gl : moderngl.Context
        Current on this thread.
    name : str
        The pass, which is the file's stem.
    vertex : str, optional
        The vertex stage's stem where it is another's.

    Raises
    ------
    DeviceError
        If the driver does not compile it; the text is the driver's.
    """
    shaders = folder("shaders")
    try:
        return gl.program(
            vertex_shader=(shaders / f"{vertex or name}.vert").read_text(),
            fragment_shader=(shaders / f"{name}.frag").read_text(),
        )
    except moderngl.Error as error:
        raise DeviceError(f"the driver does not compile shader {name!r}: {error}") from error


def compile_compute(gl: moderngl.Context, name: str) -> moderngl.ComputeShader:
    """Compile ``<name>.comp``, for a context of OpenGL 4.3.

    Raises
    ------
    DeviceError
        If the driver does not compile it; the text is the driver's.
    """
    try:
        return gl.compute_shader((folder("shaders") / f"{name}.comp").read_text())
    except moderngl.Error as error:
        raise DeviceError(f"the driver does not compile shader {name!r}: {error}") from error


def set_uniforms(program: moderngl.Program | moderngl.ComputeShader, **values: object) -> None:
    """Set uniforms by name."""
    for name, value in values.items():
        program[name] = value

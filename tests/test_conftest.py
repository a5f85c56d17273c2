"""The tests' own guards: a leak, a pending error and a missing device are noticed."""

from __future__ import annotations

from typing import Any

import moderngl
import pytest
from gpu import CI, left_behind, open_or_skip

import gpuheat


@pytest.mark.parametrize("kind", ["buffer", "texture", "vertex array", "framebuffer", "program"])
def test_an_object_that_is_not_released_is_noticed(kind: str, gl_device: str) -> None:
    context = gpuheat.open_context(gl_device)

    def make(gl: moderngl.Context) -> list[Any]:
        if kind == "buffer":
            return [gl.buffer(reserve=4)]
        if kind == "texture":
            return [gl.texture((1, 1), 1)]
        if kind == "framebuffer":
            texture = gl.texture((1, 1), 1)
            framebuffer = gl.framebuffer([texture])
            texture.release()
            return [framebuffer]
        program = gl.program(vertex_shader="#version 330\nvoid main() {}")
        if kind == "program":
            return [program]
        array = gl.vertex_array(program, [])
        program.release()
        return [array]

    made = context.run(make)
    assert any(f"1 {kind} left" in line for line in left_behind(context))
    context.run(lambda _: [each.release() for each in made])
    assert left_behind(context) == []


def test_an_error_that_is_left_is_noticed(gl_device: str) -> None:
    context = gpuheat.open_context(gl_device)
    try:
        context.run(_provoke)
    except gpuheat.DeviceError as error:
        assert "GL_INVALID" in str(error)  # noqa: PT017 - `run` itself already notices
    else:
        pytest.fail("Context.run took no notice of the error")
    # Behind the back of `run`, as a driver's late error would be.
    assert context._worker is not None
    assert context._gl is not None
    gl = context._gl
    context._worker.run(lambda: _provoke(gl))
    assert any("GL_INVALID" in line for line in left_behind(context))
    assert left_behind(context) == []


def _provoke(gl: moderngl.Context) -> None:
    """Bind a texture to a unit that no driver has."""
    texture = gl.texture((1, 1), 1)
    texture.use(100_000)
    texture.release()


def test_what_a_picture_caches_is_no_leak(gl_device: str) -> None:
    gpuheat.render([(0, 0), (1, 1)], size=16, device=gl_device)
    context = gpuheat.open_context(gl_device)
    assert len(context._programs) == 2
    assert left_behind(context) == []


@pytest.mark.parametrize("in_ci", [False, True])
def test_a_device_that_is_missing_is_a_skip_and_in_ci_a_failure(
    in_ci: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(name: str) -> None:
        raise gpuheat.DeviceError("libOSMesa.so.8 not loaded")

    monkeypatch.setattr(gpuheat, "open_context", missing)
    monkeypatch.setenv(CI, "1" if in_ci else "")
    outcome = pytest.fail.Exception if in_ci else pytest.skip.Exception
    with pytest.raises(outcome, match="no osmesa here: libOSMesa"):
        open_or_skip("osmesa")

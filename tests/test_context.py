"""The context: one a process, for any thread, across forks, lent by a caller, and at exit."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import moderngl
import numpy as np
import pytest
from gpu import count_objects, egl_loader, open_or_skip
from numpy.typing import NDArray

import gpuheat
from gpuheat.gl import devices, opening
from gpuheat.gl.opening import check_device, close_context, open_context

POINTS = np.random.default_rng(50).random((300, 2))
# A subprocess imports, draws a small picture or two and ends: seconds on a slow machine.
PATIENCE = 60
# What "promptly" means at exit: the context waits 2 seconds for a picture on its way.
PROMPT = 15


def picture(device: Any, dotsize: float = 15, points: Any = POINTS) -> gpuheat.Picture:
    return gpuheat.render(points, size=64, dotsize=dotsize, device=device)


def pixels(device: Any, dotsize: float = 15) -> NDArray[np.uint8]:
    return np.asarray(picture(device, dotsize))


# --- Opening and closing. ---


def test_there_is_one_context_and_it_is_reused(gl_device: str) -> None:
    context = open_context(gl_device)
    assert open_context(gl_device) is context
    assert open_context(context.device) is context
    assert open_context(context) is context
    assert context.is_open
    assert context.has_gl
    assert context.version >= 330


def test_asking_for_another_device_closes_the_first() -> None:
    open_or_skip("osmesa")
    first = open_or_skip("egl")
    second = open_context("osmesa")
    assert not first.is_open
    assert second.is_open
    with pytest.raises(gpuheat.DeviceError, match=r"this context is closed; .*open_context\(\)"):
        first.run(lambda gl: gl.version_code)
    with pytest.raises(gpuheat.DeviceError, match="this context is closed"):
        open_context(first)
    with pytest.raises(gpuheat.DeviceError, match="this context is closed"):
        picture(first)


def test_the_host_closes_nothing(gl_device: str) -> None:
    context = open_context(gl_device)
    host = open_context("cpu")
    assert context.is_open
    assert (host.device, host.name, host.has_gl, host.limits) == ("cpu", "NumPy", False, None)
    host.close()
    assert host.is_open
    with pytest.raises(gpuheat.DeviceError, match="closed"):
        host.run(lambda gl: gl)


def test_a_context_describes_itself(gl_device: str) -> None:
    context = open_context(gl_device)
    assert context.name.startswith({"egl": "EGL ", "osmesa": "OSMesa "}[gl_device])
    assert context.renderer.startswith(context.name.split(" ", 1)[1])
    assert context.limits is not None
    assert context.limits.texture_size >= 1024
    assert context.limits.viewport >= 1024
    assert context.limits.point_size >= 1
    assert "Worker" not in repr(context)


def test_closing_and_opening_50_times_draws_the_same(gl_device: str) -> None:
    expected = pixels(gl_device)
    for _ in range(50):
        close_context()
        assert opening._current is None
        np.testing.assert_array_equal(pixels(gl_device), expected)
    assert threading.active_count() < 20


def test_closing_twice_is_fine(gl_device: str) -> None:
    context = open_context(gl_device)
    context.close()
    context.close()
    assert not context.is_open
    close_context()
    close_context()
    assert open_context(gl_device).is_open


def test_a_context_that_was_closed_by_itself_is_opened_anew(gl_device: str) -> None:
    open_context(gl_device).close()
    assert open_context(gl_device).is_open
    assert picture(gl_device).engine


def test_auto_takes_what_opens_first() -> None:
    context = open_context("auto")
    assert open_context() is context
    if context.has_gl:
        assert open_context(context.device) is context


def test_the_environment_chooses_for_auto(device: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GPUHEAT_DEVICE", device)
    for asked in (None, "auto"):
        assert open_context(asked).device.partition(":")[0] == device
    assert open_context("cpu").device == "cpu"


def test_a_device_can_be_asked_for_by_number() -> None:
    open_or_skip("egl")
    for egl in devices.egl_devices():
        context = open_or_skip(egl.name)
        assert context.device == egl.name
    beyond = f"egl:{len(devices.egl_devices())}"
    with pytest.raises(gpuheat.DeviceError, match=rf"device '{beyond}' does not open: .*only \d"):
        open_context(beyond)


@pytest.mark.parametrize(
    ("name", "near"),
    [("elg", "egl"), ("osmessa", "osmesa"), ("CPU", "cpu"), ("egl:x", "egl"), ("egl:-1", "egl")],
)
def test_an_unknown_name_is_refused_with_the_nearest(
    name: str, near: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = rf"unknown device '{name}'; did you mean '{near}.*'\? \(there are: auto, egl"
    with pytest.raises(gpuheat.InputError, match=expected):
        open_context(name)
    with pytest.raises(gpuheat.InputError, match=expected):
        picture(name)
    monkeypatch.setenv("GPUHEAT_DEVICE", name)
    with pytest.raises(gpuheat.InputError, match=f"unknown GPUHEAT_DEVICE '{name}'"):
        check_device()


@pytest.mark.parametrize("rubbish", [3, b"egl", ["egl"], object()])
def test_what_is_no_device_is_refused(rubbish: Any) -> None:
    with pytest.raises(gpuheat.InputError, match=r"device is .*; give a name \(auto, egl"):
        open_context(rubbish)


def test_a_device_asked_for_by_name_never_gives_way_to_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    close_context()

    def missing() -> Any:
        raise gpuheat.DeviceError("libOSMesa.so.8 not loaded")

    monkeypatch.setattr(opening, "_open_osmesa", missing)
    with pytest.raises(gpuheat.DeviceError, match="'osmesa' does not open: osmesa: libOSMesa"):
        picture("osmesa")


def test_a_picture_beyond_the_largest_texture_is_refused(gl_device: str) -> None:
    limits = open_context(gl_device).limits
    assert limits is not None
    with pytest.raises(gpuheat.DeviceError, match=r"beyond this driver's \d+; draw a smaller size"):
        gpuheat.render(POINTS, size=(limits.texture_size + 1, 2), dotsize=3, device=gl_device)
    assert picture(gl_device).engine


# --- Threads. ---


def test_8_threads_draw_what_one_draws(device: str) -> None:
    dotsizes = [5, 9, 14, 20, 27, 35, 44, 54] * 3
    expected = [pixels(device, dotsize) for dotsize in dotsizes]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda dotsize: pixels(device, dotsize), dotsizes))
    for one, other in zip(expected, found, strict=True):
        np.testing.assert_array_equal(one, other)


def test_threads_that_ask_for_different_devices_get_a_picture_or_an_error() -> None:
    """Each closes the other's context: nobody may wait for ever, or crash."""
    open_or_skip("osmesa")
    open_or_skip("egl")
    outcomes: list[str] = []

    def draw_some(device: str) -> None:
        for _ in range(20):
            try:
                outcomes.append(picture(device).engine)
            except gpuheat.DeviceError as error:
                outcomes.append(str(error))

    threads = [
        threading.Thread(target=draw_some, args=(device,), daemon=True)
        for device in ("egl", "osmesa") * 2
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert not any(thread.is_alive() for thread in threads)
    assert len(outcomes) == 80
    assert all("llvmpipe" in each or "closed" in each or "," in each for each in outcomes)


def test_a_generator_that_draws_a_picture_of_its_own_is_fine(gl_device: str) -> None:
    """Chunks are read on the context's thread, which then asks itself."""
    inner: list[gpuheat.Picture] = []

    def chunks() -> Any:
        yield POINTS[:100]
        inner.append(picture(gl_device))
        yield POINTS[100:]

    area = ((0, 0), (1, 1))
    nested = gpuheat.render(chunks(), size=64, dotsize=15, area=area, device=gl_device)
    whole = gpuheat.render(POINTS, size=64, dotsize=15, area=area, device=gl_device)
    np.testing.assert_array_equal(np.asarray(nested), np.asarray(whole))
    np.testing.assert_array_equal(np.asarray(inner[0]), pixels(gl_device))


def test_an_error_in_a_job_leaves_the_context_usable(gl_device: str) -> None:
    context = open_context(gl_device)
    with pytest.raises(ZeroDivisionError):
        context.run(lambda _: 1 // 0)
    with pytest.raises(gpuheat.DeviceError, match="llvmpipe"):
        context.run(lambda gl: gl.texture((1, 1), 9))
    assert picture(gl_device).engine


# --- A context of the caller's. ---


@pytest.fixture
def own() -> Any:
    """A context such as an application has, with state of its own."""
    open_or_skip("egl")
    close_context()
    library = devices.LIBRARY
    gl = moderngl.create_context(standalone=True, backend="egl", libgl=library, libegl=library)
    yield gl
    assert gl.error == "GL_NO_ERROR"
    opening._borrowed.pop(gl, None)
    gl.release()


def test_a_context_of_the_callers_draws_on_the_callers_thread(own: moderngl.Context) -> None:
    context = open_context(own)
    assert context.device == "given"
    assert open_context(own) is context
    assert context.run(lambda _: threading.get_ident()) == threading.get_ident()
    assert context.run(lambda gl: gl) is own
    assert opening._current is None


def test_it_draws_the_same_picture_and_is_not_closed(own: moderngl.Context) -> None:
    expected = pixels("cpu")
    drawn = picture(own)
    assert drawn.engine.endswith(open_context(own).name)
    assert np.abs(np.asarray(drawn).astype(int) - expected).max() <= 2
    open_context(own).close()
    buffer = own.buffer(b"still open")
    assert buffer.read() == b"still open"
    buffer.release()
    np.testing.assert_array_equal(np.asarray(picture(own)), np.asarray(drawn))


def test_its_state_is_put_back(own: moderngl.Context) -> None:
    texture = own.texture((8, 8), 4)
    framebuffer = own.framebuffer([texture])
    framebuffer.viewport = (1, 2, 3, 4)
    framebuffer.use()
    before = count_objects(egl_loader)
    expected = np.asarray(picture(own))
    own.enable_only(moderngl.BLEND | moderngl.CULL_FACE | moderngl.DEPTH_TEST)
    np.testing.assert_array_equal(np.asarray(picture(own)), expected)
    assert enabled() == {"BLEND", "CULL_FACE", "DEPTH_TEST"}
    assert own.fbo is framebuffer
    assert viewport() == (1, 2, 3, 4)
    after = count_objects(egl_loader)
    assert after.pop("program") == before.pop("program") + 2
    assert after == before
    open_context(own).close()
    own.disable(moderngl.BLEND | moderngl.CULL_FACE | moderngl.DEPTH_TEST)
    framebuffer.release()
    texture.release()


def enabled() -> set[str]:
    """Ask GL itself what is enabled on this thread."""
    import ctypes

    is_enabled = ctypes.CFUNCTYPE(ctypes.c_ubyte, ctypes.c_uint)(egl_loader("glIsEnabled"))
    names = {
        "BLEND": 0x0BE2,
        "CULL_FACE": 0x0B44,
        "DEPTH_TEST": 0x0B71,
        "PROGRAM_POINT_SIZE": 0x8642,
        "SCISSOR_TEST": 0x0C11,
    }
    return {name for name, number in names.items() if is_enabled(number)}


def viewport() -> tuple[int, ...]:
    import ctypes

    get = ctypes.CFUNCTYPE(None, ctypes.c_uint, ctypes.POINTER(ctypes.c_int))(
        egl_loader("glGetIntegerv")
    )
    values = (ctypes.c_int * 4)()
    get(0x0BA2, values)
    return tuple(values)


# --- Fork and exit, each in a process of its own. ---

PRELUDE = """
import os, signal, sys, threading, time, warnings
import numpy as np
import gpuheat
warnings.simplefilter("ignore", DeprecationWarning)  # of fork, where threads are about
signal.alarm(40)  # nothing here may hang
device = sys.argv[1]
points = np.random.default_rng(50).random((300, 2))
def pixels():
    return np.asarray(gpuheat.render(points, size=64, dotsize=15, device=device))
"""


def run_script(script: str, device: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", PRELUDE + script, device],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )


FORKS = {
    "after drawing": "first = pixels()",
    "before anything": "first = None",
    "after closing": "first = pixels(); gpuheat.close_context()",
    "twice": "first = pixels(); os.waitpid(os.fork() or os._exit(0), 0)",
}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.parametrize("when", FORKS)
def test_child_and_parent_draw_the_same_after_a_fork(when: str, device: str) -> None:
    script = (
        FORKS[when]
        + """
child = os.fork()
if child == 0:
    drawn = pixels()
    os._exit(0 if first is None or (drawn == first).all() else 1)
_, status = os.waitpid(child, 0)
again = pixels()
assert first is None or (again == first).all()
sys.exit(os.waitstatus_to_exitcode(status))
"""
    )
    done = run_script(script, device)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_child_and_parent_draw_at_the_same_time(device: str) -> None:
    script = """
first = pixels()
children = []
for _ in range(3):
    child = os.fork()
    if child == 0:
        same = all((pixels() == first).all() for _ in range(5))
        os._exit(0 if same else 1)
    children.append(child)
assert all((pixels() == first).all() for _ in range(5))
codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
sys.exit(max(codes) or -min(codes))
"""
    done = run_script(script, device)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_context_kept_across_a_fork_is_closed_in_the_child(gl_device: str) -> None:
    script = """
context = gpuheat.open_context(device)
child = os.fork()
if child == 0:
    try:
        context.run(lambda gl: 1)
    except gpuheat.DeviceError:
        os._exit(0)
    os._exit(1)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    done = run_script(script, gl_device)
    assert (done.returncode, done.stderr) == (0, "")


EXITS = {
    "plainly": "pixels()",
    "without a picture": "gpuheat.open_context(device)",
    "closed": "pixels(); gpuheat.close_context()",
    "while a daemon thread draws": """
pixels()
def forever():
    while True:
        pixels()
threading.Thread(target=forever, daemon=True).start()
time.sleep(0.2)
""",
    "while a daemon thread reads an endless stream": """
started = threading.Event()
def endless():
    while True:
        yield points
        started.set()
def draw():
    gpuheat.render(endless(), size=64, area=((0, 0), (1, 1)), device=device)
threading.Thread(target=draw, daemon=True).start()
started.wait(20)
""",
    "while a thread waits for its picture": """
threads = [threading.Thread(target=pixels) for _ in range(4)]
[thread.start() for thread in threads]
""",
}


@pytest.mark.parametrize("how", EXITS)
def test_the_interpreter_ends_promptly_and_well(how: str, device: str) -> None:
    script = EXITS[how] + "\nprint(time.monotonic(), flush=True)"
    done = run_script(script, device)
    took = time.monotonic() - float(done.stdout)
    assert done.returncode == 0, done.stderr
    assert took < PROMPT
    # A thread that goes on drawing is told that its context is closed, if it lives so long.
    assert not done.stderr or how == "while a daemon thread draws"
    assert "Fatal" not in done.stderr


def test_a_subprocess_started_while_a_context_is_open_is_fine(gl_device: str) -> None:
    expected = pixels(gl_device)
    code = "import json, sys; print(json.dumps(sys.argv[1]))"
    done = subprocess.run(
        [sys.executable, "-c", code, "x"], capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout) == "x"
    np.testing.assert_array_equal(pixels(gl_device), expected)

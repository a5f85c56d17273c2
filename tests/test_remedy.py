"""Each failure of a device has its remedy; drivers that are not here are played."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable
from typing import Any

import moderngl
import pytest

import gpuheat
from gpuheat.gl import devices, opening, osmesa
from gpuheat.gl.remedy import remedy

# As the libraries write them.
NO_EGL = "libEGL.so.1: cannot open shared object file: No such file or directory"
NO_OSMESA = "libOSMesa.so.8: cannot open shared object file: No such file or directory"
NOT_INITIALIZED = "eglInitialize failed (0x3001)"
ZERO_DEVICES = "requested device index 0, but found 0 devices"


@pytest.fixture(autouse=True)
def _closed(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Each test opens for itself, and leaves nothing of its play open."""
    monkeypatch.setattr(sys, "platform", "linux")
    gpuheat.close_context()
    yield
    gpuheat.close_context()


@pytest.fixture
def one_egl_device(monkeypatch: pytest.MonkeyPatch) -> None:
    """libEGL lists a device, whatever becomes of it."""
    found = [devices.EglDevice(0, True, "EGL_MESA_device_software")]
    monkeypatch.setattr(devices, "egl_devices", lambda: found)


@pytest.fixture
def no_osmesa(monkeypatch: pytest.MonkeyPatch) -> None:
    def load() -> Any:
        raise gpuheat.DeviceError(f"libOSMesa.so.8 not loaded: {NO_OSMESA}")

    monkeypatch.setattr(osmesa, "_load", load)


def libraries_without(monkeypatch: pytest.MonkeyPatch, missing: str, error: str) -> None:
    """Play a machine without a library."""
    load = ctypes.CDLL

    def lookup(name: str, *rest: Any, **more: Any) -> Any:
        if name is not None and missing in name:
            raise OSError(error)
        return load(name, *rest, **more)

    monkeypatch.setattr(ctypes, "CDLL", lookup)


def driver_says(monkeypatch: pytest.MonkeyPatch, error: str) -> None:
    """Play a driver that moderngl cannot open."""

    def create_context(*_: Any, **__: Any) -> Any:
        raise Exception(error)  # glcontext raises just that

    monkeypatch.setattr(moderngl, "create_context", create_context)


def no_libegl(monkeypatch: pytest.MonkeyPatch) -> None:
    libraries_without(monkeypatch, "libEGL", NO_EGL)


def not_initialized(monkeypatch: pytest.MonkeyPatch) -> None:
    lists_one(monkeypatch)
    driver_says(monkeypatch, NOT_INITIALIZED)


def zero_devices(monkeypatch: pytest.MonkeyPatch) -> None:
    lists_one(monkeypatch)
    driver_says(monkeypatch, ZERO_DEVICES)


def an_empty_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "egl_devices", list)


def mesa_without_3_3(monkeypatch: pytest.MonkeyPatch) -> None:
    lists_one(monkeypatch)
    driver_says(monkeypatch, "eglCreateContext failed (0x3009)")


def a_context_of_3_1(monkeypatch: pytest.MonkeyPatch) -> None:
    class Old:
        version_code = 310
        info: dict[str, Any] = {}  # noqa: RUF012

    lists_one(monkeypatch)
    monkeypatch.setattr(moderngl, "create_context", lambda *_, **__: Old())


def lists_one(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [devices.EglDevice(0, False, "EGL_EXT_device_drm")]
    monkeypatch.setattr(devices, "egl_devices", lambda: found)


# The play, the device's name among the attempts, its error and its remedy.
Play = Callable[[pytest.MonkeyPatch], None]
EGL_FAILURES: list[tuple[Play, str, str, str]] = [
    (no_libegl, "egl", "libEGL.so.1 not loaded", "libegl1 libgl1 libgl1-mesa-dri"),
    (not_initialized, "egl:0", "0x3001", "apt-get install libgl1-mesa-dri"),
    (zero_devices, "egl:0", "found 0 devices", "NVIDIA_DRIVER_CAPABILITIES=graphics"),
    (an_empty_list, "egl", "lists 0 devices", "apt-get install libgl1-mesa-dri"),
    (mesa_without_3_3, "egl:0", "0x3009", "OpenGL 3.3"),
    (a_context_of_3_1, "egl:0", "OpenGL 3.1; OpenGL 3.3 is needed", "update Mesa"),
]


@pytest.mark.parametrize(("play", "device", "error", "advice"), EGL_FAILURES)
@pytest.mark.usefixtures("no_osmesa")
def test_auto_goes_on_to_the_host_and_tells_what_it_tried(
    play: Play, device: str, error: str, advice: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    play(monkeypatch)
    context = gpuheat.open_context("auto")
    assert context.device == "cpu"
    egl, mesa = context.attempts
    assert egl.device == device
    assert error in egl.error
    assert advice in egl.remedy
    assert mesa.device == "osmesa"
    assert "libosmesa6" in mesa.remedy


@pytest.mark.parametrize(("play", "device", "error", "advice"), EGL_FAILURES)
def test_a_device_by_name_is_an_error_with_its_remedy(
    play: Play, device: str, error: str, advice: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    play(monkeypatch)
    with pytest.raises(gpuheat.DeviceError) as caught:
        gpuheat.open_context("egl")
    assert error in str(caught.value)
    assert advice in str(caught.value)


@pytest.mark.usefixtures("no_osmesa")
def test_so_is_osmesa() -> None:
    with pytest.raises(gpuheat.DeviceError, match=r"libOSMesa\.so\.8 not loaded.*libosmesa6"):
        gpuheat.open_context("osmesa")


@pytest.mark.usefixtures("one_egl_device")
def test_a_number_that_is_too_high_sends_to_the_list() -> None:
    with pytest.raises(gpuheat.DeviceError, match=r"only 1 EGL device.*gpuheat doctor"):
        gpuheat.open_context("egl:1")


@pytest.mark.usefixtures("one_egl_device", "no_osmesa")
def test_the_failure_of_a_play_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    driver_says(monkeypatch, NOT_INITIALIZED)
    assert gpuheat.open_context("auto").device == "cpu"
    assert opening._current is None


@pytest.mark.parametrize(
    ("error", "advice"),
    [
        # libglvnd without a vendor's library behind it, as in a container without Mesa
        ("libEGL.so.1 has no eglQueryDeviceStringEXT: it is too old", "no EGL driver is installed"),
        ("eglQueryDevicesEXT failed: the EGL driver lists no devices", "no EGL driver"),
        ("eglCreateContext failed (0x3003)", "out of memory"),
        ("libGL.so not loaded", "libgl1"),
        ("OSMesa makes no OpenGL 3.3 core context", "too old"),
        ("requested device index 4, but found 2 devices", "gpuheat doctor"),
        ("the driver does not compile shader 'splat': 0:1 error", "update it"),
        ("it crashed: SIGSEGV", "GPUHEAT_DEVICE=cpu"),
        ("no answer within 60 s", "GPUHEAT_DEVICE=cpu"),
        ("something never seen", "apt-get install"),
    ],
)
def test_each_text_has_its_remedy(error: str, advice: str) -> None:
    assert advice in remedy(error)


@pytest.mark.parametrize("platform", ["win32", "darwin"])
def test_elsewhere_nobody_is_sent_to_apt(platform: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    assert "apt-get" not in remedy(f"libEGL.so.1 not loaded: {NO_EGL}")

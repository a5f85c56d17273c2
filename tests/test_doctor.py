"""`gpuheat doctor`: what draws here, what does not, and why; it survives every driver."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import numpy as np
import pytest
from command import call, spawn
from gpu import DEVICES, open_or_skip

import gpuheat
from gpuheat.cli import diagnosis, probe
from gpuheat.cli.diagnosis import Diagnosis
from gpuheat.cli.probe import Listing, Probe

GOOD = {
    "egl:0": Probe(
        "egl:0",
        opened="egl:0",
        name="EGL llvmpipe",
        renderer="llvmpipe (LLVM 15.0.6, 256 bits)",
        version="4.5",
        limits={"texture_size": 16384, "compute": True},
        vendor="Mesa Project 1.5",
        self_test="passed",
    ),
    "osmesa": Probe("osmesa", error="libOSMesa.so.8 not loaded", remedy="install libosmesa6"),
    "cpu": Probe("cpu", opened="cpu", name="NumPy", renderer="NumPy", self_test="passed"),
}
LISTING = Listing([{"index": 0, "software": True, "extensions": "EXT_a EXT_b", "name": "egl:0"}])


class Machine:
    """What the probes of a made-up machine answer, by word."""

    def __init__(self) -> None:
        self.answers: dict[str, dict[str, Any]] = {
            name: asdict(answer) for name, answer in GOOD.items()
        }
        self.answers["devices"] = asdict(LISTING)
        self.answers["auto"] = asdict(GOOD["egl:0"])

    def fails(self, word: str, **answer: Any) -> None:
        self.answers[word] = answer


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    made = Machine()
    monkeypatch.setattr(diagnosis, "apart", lambda word: made.answers[word])
    return made


# For people


@pytest.mark.usefixtures("machine")
def test_it_tells_versions_devices_limits_and_the_choice() -> None:
    called = call("doctor")
    assert (called.status, called.err) == (0, "")
    for told in (
        f"gpuheat {gpuheat.__version__}, Python 3.",
        f"numpy {np.__version__}",
        "moderngl ",
        "Pillow ",
        "scipy ",
        "EGL lists 1 device(s)\negl:0     software, EXT_a EXT_b\n",
        "egl:0     llvmpipe (LLVM 15.0.6, 256 bits), OpenGL 4.5, EGL by Mesa Project 1.5, on the "
        "processor\n          limits: texture size 16384, compute True\n"
        "          self-test: passed",
        "osmesa    does not open: libOSMesa.so.8 not loaded\n"
        "          remedy: install libosmesa6\n",
        "cpu       NumPy, on the processor\n",
        "device auto takes egl:0 (EGL llvmpipe): the first that opens of EGL hardware, ",
        "memory a picture may take: ",
        "All is well",
    ):
        assert told in called.out


def test_what_auto_tried_before_is_told(machine: Machine) -> None:
    tried = [{"device": "egl:0", "error": "0x3001", "remedy": "install it"}]
    machine.answers["egl:0"] = asdict(Probe("egl:0", error="0x3001", remedy="install it"))
    machine.answers["auto"] = asdict(GOOD["cpu"]) | {"attempts": tried}
    called = call("doctor")
    assert called.status == 0
    assert "takes cpu (NumPy)" in called.out
    assert "tried before it, see above: egl:0\n" in called.out


def test_egl_that_lists_nothing_is_told_with_its_remedy(machine: Machine) -> None:
    machine.answers["devices"] = asdict(Listing(error="libEGL.so.1 not loaded", remedy="get it"))
    machine.answers["egl"] = asdict(Probe("egl", error="libEGL.so.1 not loaded", remedy="get it"))
    machine.answers["auto"] = asdict(GOOD["cpu"])
    called = call("doctor")
    assert called.status == 0
    assert "EGL lists no devices: libEGL.so.1 not loaded\n          remedy: get it\n" in called.out
    assert "egl       does not open: libEGL.so.1 not loaded" in called.out


def test_every_egl_device_is_probed(machine: Machine) -> None:
    second = {"index": 1, "software": False, "extensions": "", "name": "egl:1"}
    machine.answers["devices"]["devices"] = [second, *LISTING.devices]
    machine.answers["egl:1"] = asdict(GOOD["egl:0"]) | {"device": "egl:1", "software": False}
    out = call("doctor").out
    assert "egl:1     hardware, no extensions\n" in out
    assert out.index("\negl:1     llvmpipe") < out.index("\negl:0     llvmpipe")
    assert "on the GPU" in out


def test_a_wrong_picture_is_a_problem_and_status_1(machine: Machine) -> None:
    machine.answers["egl:0"]["self_test"] = "it draws wrongly: 1 is 2"
    called = call("doctor")
    assert called.status == 1
    assert "PROBLEM: egl:0: it draws wrongly: 1 is 2\n" in called.out
    assert "All is well" not in called.out


def test_a_driver_that_crashes_is_told_with_its_remedy(machine: Machine) -> None:
    machine.fails("egl:0", error="it crashed: SIGSEGV")
    machine.fails("auto", error="it crashed: SIGSEGV")
    called = call("doctor")
    assert called.status == 1
    assert "egl:0     does not open: it crashed: SIGSEGV\n" in called.out
    assert "GPUHEAT_DEVICE=cpu" in called.out
    assert "PROBLEM: device auto does not open: it crashed: SIGSEGV\n" in called.out


def test_nothing_at_all_answers_and_it_still_tells(machine: Machine) -> None:
    for word in ("devices", "egl", "osmesa", "cpu", "auto"):
        machine.fails(word, error="it crashed: SIGKILL")
    called = call("doctor")
    assert called.status == 1
    assert called.out.count("SIGKILL") >= 5


def test_a_device_that_the_environment_names_has_to_open(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GPUHEAT_DEVICE", "osmesa")
    machine.answers["auto"] = machine.answers["osmesa"]
    called = call("doctor")
    assert called.status == 1
    assert "PROBLEM: GPUHEAT_DEVICE=osmesa does not open: libOSMesa.so.8" in called.out
    monkeypatch.setenv("GPUHEAT_DEVICE", "cpu")
    machine.answers["auto"] = machine.answers["cpu"]
    called = call("doctor")
    assert called.status == 0
    assert "GPUHEAT_DEVICE=cpu takes cpu (NumPy): as it says" in called.out


@pytest.mark.usefixtures("machine")
def test_a_budget_that_is_none_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GPUHEAT_MAX_BYTES", "lots")
    called = call("doctor")
    assert called.status == 1
    assert "PROBLEM: GPUHEAT_MAX_BYTES is 'lots'" in called.out


@pytest.mark.usefixtures("machine")
def test_a_package_that_is_absent_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(diagnosis, "OPTIONAL_PACKAGES", ("no-such-package",))
    monkeypatch.setattr("gpuheat.cli.doctor.OPTIONAL_PACKAGES", ("no-such-package",))
    assert 'no-such-package: optional, for speed: pip install "gpuheat[fast]"' in call("doctor").out


def test_what_a_driver_says_cannot_steer_the_terminal(machine: Machine) -> None:
    machine.answers["egl:0"]["renderer"] = "evil \x1b[2J"
    assert "\x1b" not in call("doctor").out


def test_json_tells_it_all(machine: Machine) -> None:
    called = call("doctor", "--json")
    told = json.loads(called.out)
    assert told["ok"] is True
    assert told["versions"]["gpuheat"] == gpuheat.__version__
    assert told["listing"]["devices"] == LISTING.devices
    assert [each["device"] for each in told["probes"]] == ["egl:0", "osmesa", "cpu"]
    assert told["probes"][0] == machine.answers["egl:0"]
    assert told["auto"]["opened"] == "egl:0"
    assert told["variable"] is None
    assert told["problems"] == []


# The probe


def test_a_probe_tells_what_a_device_is_and_that_it_draws_right(device: str) -> None:
    found = probe.probe(device)
    context = gpuheat.open_context(device)
    assert found.ok, found
    assert found.opened == context.device
    assert found.renderer == context.renderer
    assert found.error == ""
    assert (found.limits is None) == (device == "cpu")


def test_a_probe_of_what_does_not_open_tells_why_and_what_to_do() -> None:
    open_or_skip("egl")
    found = probe.probe("egl:63")
    assert not found.ok
    assert found.error.startswith("only ")
    assert found.error.endswith(" EGL device(s) found")
    assert found.remedy == "name a device that `gpuheat doctor` lists, such as egl:0"


def test_a_probe_of_a_name_that_is_none_tells_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GPUHEAT_DEVICE", "opengl")
    found = probe.probe("auto")
    assert "did you mean 'egl'?" in found.error
    assert found.remedy == ""


def spoil(monkeypatch: pytest.MonkeyPatch, spoiling: Callable[[gpuheat.Picture], None]) -> str:
    """Say what the self-test says of a device that does this to its pictures."""

    def render(*given: Any, **named: Any) -> gpuheat.Picture:
        picture = gpuheat.render(*given, **named)
        spoiling(picture)
        return picture

    monkeypatch.setattr(probe, "render", render)
    return probe.self_test(gpuheat.open_context("cpu"))


def test_the_self_test_sees_a_single_lost_pixel(monkeypatch: pytest.MonkeyPatch) -> None:
    def lose_one(picture: gpuheat.Picture) -> None:
        row, column = np.argwhere(picture.density.values > 0)[0]
        picture.density.values[row, column] -= 1

    verdict = spoil(monkeypatch, lose_one)
    assert verdict == "it draws wrongly: 10000 dots sum to 689999, expected 690000"


def test_the_self_test_sees_pixels_without_color(monkeypatch: pytest.MonkeyPatch) -> None:
    def fade(picture: gpuheat.Picture) -> None:
        picture.colored.rgba[...] = 0

    verdict = spoil(monkeypatch, fade)
    assert verdict.startswith("it colors wrongly: 0 pixels are painted, expected ")


def test_the_self_test_tells_when_a_device_opens_but_cannot_draw(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(_: gpuheat.Picture) -> None:
        raise gpuheat.DeviceError("no framebuffer")

    assert spoil(monkeypatch, fail) == "it opens but does not draw: no framebuffer"


# Apart


def answering(monkeypatch: pytest.MonkeyPatch, code: str) -> dict[str, Any]:
    """Ask a probe that is this code instead."""
    run = subprocess.run

    def instead(_: Any, **named: Any) -> Any:
        return run([sys.executable, "-c", code], **named)

    monkeypatch.setattr(subprocess, "run", instead)
    return diagnosis.apart("egl:0")


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "it crashed: SIGSEGV"),
        ("import sys; print('out of luck', file=sys.stderr); sys.exit(7)", "it crashed: status 7 "),
        ("import os; os.abort()", "it crashed: SIGABRT"),
        ("print('just chatter')", "it crashed: status 0"),
    ],
)
def test_a_probe_that_dies_is_an_answer(
    code: str, error: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert answering(monkeypatch, code)["error"].startswith(error)


def test_a_probe_that_hangs_is_one_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(diagnosis, "_TIMEOUT_SECONDS", 0.5)
    answer = answering(monkeypatch, "import time; time.sleep(600)")
    assert answer["error"].startswith("no answer within")


def test_what_a_driver_prints_on_the_way_does_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    assert answering(monkeypatch, "print('hello'); print('{\"a\": 1}'); print('bye')") == {"a": 1}


def test_what_it_complains_of_goes_with_the_error(monkeypatch: pytest.MonkeyPatch) -> None:
    code = "import sys; sys.stderr.write('MESA: no swrast'); print('{\"error\": \"0x3001\"}')"
    assert answering(monkeypatch, code) == {"error": "0x3001 (MESA: no swrast)"}


# For real


def test_for_real_it_finds_what_opens_here() -> None:
    called = spawn("doctor", "--json")
    told = json.loads(called.out)
    assert called.status == 0, told["problems"]
    found = {each["opened"].partition(":")[0] for each in told["probes"] if each["opened"]}
    assert found == {name for name in DEVICES if opens(name)}


def opens(name: str) -> bool:
    try:
        return bool(gpuheat.open_context(name).device)
    except gpuheat.DeviceError:
        return False


def test_for_real_a_driver_below_3_3_is_told_with_its_remedy() -> None:
    open_or_skip("egl")
    called = spawn("doctor", "--json", MESA_GL_VERSION_OVERRIDE="3.1")
    found: dict[str, Any] = json.loads(called.out)
    egl = found["probes"][0]
    if egl["opened"]:
        pytest.skip("not Mesa's driver: it cannot be told to be old")
    assert "OpenGL 3.3" in egl["remedy"]
    assert called.status == 0  # NumPy draws
    assert found["auto"]["opened"] == "cpu"


def test_for_real_a_named_device_that_does_not_open_is_status_1() -> None:
    called = spawn("doctor", GPUHEAT_DEVICE="egl:63")
    assert called.status == 1
    assert "PROBLEM: GPUHEAT_DEVICE=egl:63 does not open" in called.out


def test_a_diagnosis_without_problems_is_ok() -> None:
    made = Diagnosis({}, LISTING, (), GOOD["cpu"], None, "1 GB", ())
    assert made.ok
    assert made.as_dict()["ok"]

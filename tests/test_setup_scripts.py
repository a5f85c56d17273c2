"""script/setup, with a fake apt-get, id and python3: nothing is installed, nothing fetched."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

SETUP = Path(__file__).resolve().parent.parent / "script" / "setup"

# What script/setup needs of the system besides bash; apt-get and python3 are not among it.
TOOLS = [
    "cat",
    "cksum",
    "dirname",
    "find",
    "mktemp",
    "rm",
    "sleep",
    "sort",
    "stat",
    "tail",
    "timeout",
    "touch",
]

INSTALL_LINE = "apt-get update && apt-get install -y --no-install-recommends libegl1"


class Machine:
    """A repository with script/setup in it, and a PATH of our own making."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "repo"
        self.bin = folder / "bin"
        (self.root / "script").mkdir(parents=True)
        self.bin.mkdir()
        shutil.copy(SETUP, self.root / "script")
        (self.root / "pyproject.toml").write_text("[project]\n")
        for tool in TOOLS:
            (self.bin / tool).symlink_to(shutil.which(tool) or pytest.fail(f"no {tool} here"))
        self.program("id", "echo 0")

    def program(self, name: str, body: str) -> None:
        """Put a program on the PATH, or at a path within the repository."""
        path = self.root / name if "/" in name else self.bin / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!{shutil.which('bash')}\n{body}\n")
        path.chmod(0o755)

    def run(self, *call: str, patience: int = 1, **more: str) -> subprocess.CompletedProcess[str]:
        """Call one of the script's functions, or without a name the whole script."""
        script = str(self.root / "script" / "setup")
        command = ["-c", f'source "{script}"; "$@"', "bash", *call] if call else [script]
        bash = shutil.which("bash")
        assert bash is not None
        return subprocess.run(
            [bash, *command],
            env={"PATH": str(self.bin), "GPUHEAT_APT_PATIENCE": str(patience), **more},
            capture_output=True,
            text=True,
            timeout=50,
            check=False,
        )


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_a_hanging_apt_is_ended_with_its_children_and_the_line_is_printed(
    machine: Machine, tmp_path: Path
) -> None:
    machine.program("apt-get", f"sleep 300 & echo $! >{tmp_path}/child; wait")
    start = time.monotonic()
    result = machine.run("apt_install", "libegl1")
    assert result.returncode == 1
    assert time.monotonic() - start < 30
    assert "no progress for 1 seconds" in result.stderr
    assert f"    {INSTALL_LINE}\n" in result.stderr
    assert not is_running(int((tmp_path / "child").read_text()))


def test_a_slow_apt_that_goes_on_is_not_ended(machine: Machine, tmp_path: Path) -> None:
    # Ten times half a second is well over the patience.
    machine.program("apt-get", "for i in {1..10}; do echo $i; sleep 0.5; done")
    result = machine.run("watch_apt", "apt-get", patience=3)
    assert (result.returncode, result.stderr) == (0, "")


def test_a_failing_apt_shows_the_end_of_its_log_and_the_line(machine: Machine) -> None:
    machine.program("apt-get", "echo E: out of paper; exit 100")
    result = machine.run("apt_install", "libegl1")
    assert result.returncode == 1
    assert "E: out of paper" in result.stderr
    assert f"    {INSTALL_LINE}\n" in result.stderr


def test_apt_is_called_without_questions(machine: Machine, tmp_path: Path) -> None:
    machine.program("apt-get", f'echo "$DEBIAN_FRONTEND $*" >>{tmp_path}/calls')
    assert machine.run("apt_install", "libegl1", "libgl1").returncode == 0
    update, install = (tmp_path / "calls").read_text().splitlines()
    assert update == "noninteractive -q update"
    assert install.startswith("noninteractive -q ")
    assert install.endswith("install -y --no-install-recommends libegl1 libgl1")


@pytest.mark.parametrize(
    ("user", "more", "line"),
    [
        ("1000", {}, INSTALL_LINE.replace("apt-get", "sudo apt-get")),
        ("0", {"GPUHEAT_NO_APT": "1"}, INSTALL_LINE),
    ],
    ids=["not root", "told not to"],
)
def test_without_leave_apt_is_not_called_but_its_line_is_printed(
    machine: Machine, tmp_path: Path, user: str, more: dict[str, str], line: str
) -> None:
    machine.program("id", f"echo {user}")
    machine.program("apt-get", f"touch {tmp_path}/called")
    result = machine.run("apt_install", "libegl1", **more)
    assert result.returncode == 1
    assert f"    {line}\n" in result.stderr
    assert not (tmp_path / "called").exists()


def test_without_apt_the_line_is_printed(machine: Machine) -> None:
    result = machine.run("apt_install", "libegl1")
    assert result.returncode == 1
    assert f"    {INSTALL_LINE}\n" in result.stderr


def test_a_python_that_cannot_make_a_venv_ends_it_with_what_to_do(machine: Machine) -> None:
    machine.program("python3", "[[ $* != *ensurepip* ]]")
    result = machine.run()
    assert result.returncode == 1
    assert "apt-get install -y --no-install-recommends python3-venv" in result.stderr
    assert "run this again" in result.stderr


def test_an_old_python_is_refused(machine: Machine) -> None:
    machine.program("python3", "[[ $* != *version_info* ]]")
    result = machine.run()
    assert result.returncode == 1
    assert "version 3.10 or later" in result.stderr


def test_the_package_is_installed_again_only_when_pyproject_changes(
    machine: Machine, tmp_path: Path
) -> None:
    calls = tmp_path / "calls"
    machine.program(".venv/bin/python", f'[[ $* != *install* ]] || echo "${{!#}}" >>{calls}')
    for _ in range(2):
        assert machine.run().returncode == 0
    assert calls.read_text().splitlines() == ["."]

    assert machine.run("set_up", "test").returncode == 0
    assert calls.read_text().splitlines() == [".", ".[test]"]

    (machine.root / "pyproject.toml").write_text("[project]\nname = 'new'\n")
    assert machine.run().returncode == 0
    assert calls.read_text().splitlines() == [".", ".[test]", "."]


def test_a_failed_install_ends_it_and_is_tried_again(machine: Machine) -> None:
    machine.program(".venv/bin/python", "[[ $* != *install* ]]")
    for _ in range(2):
        result = machine.run()
        assert result.returncode == 1
        assert "pip could not install gpuheat" in result.stderr


def test_without_gl_it_goes_on(machine: Machine) -> None:
    machine.program(".venv/bin/python", "[[ $* != *moderngl* ]]")
    result = machine.run()
    assert result.returncode == 0
    assert "libegl1 libgl1 libgl1-mesa-dri" in result.stderr
    assert "going on without GL" in result.stderr


def test_the_scripts_can_be_started() -> None:
    scripts = SETUP.parent
    for script in (scripts / "setup", scripts / "demo", scripts / "test"):
        assert os.access(script, os.X_OK)
        subprocess.run(["bash", "-n", str(script)], check=True)


def test_chromium_is_installed_only_where_there_is_none(machine: Machine, tmp_path: Path) -> None:
    log = tmp_path / "calls"
    machine.program("apt-get", f'echo "$@" >> {log}')
    assert machine.run("see_to_chromium").returncode == 0
    assert "chromium" in log.read_text()
    log.unlink()
    machine.program("chromium", "exit 0")
    assert machine.run("see_to_chromium").returncode == 0
    assert not log.exists()


def test_without_chromium_the_tests_go_on(machine: Machine) -> None:
    done = machine.run("see_to_chromium", GPUHEAT_NO_APT="1")
    assert done.returncode == 0
    assert "install -y --no-install-recommends chromium" in done.stderr
    assert "the tests of the html page are skipped" in done.stderr

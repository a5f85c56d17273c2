"""Every command and every snippet in README.md and docs/ does what it says."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
DOCUMENTS = [README, *sorted((ROOT / "docs").glob("*.md"))]

# How long one block of commands may take; they take a second or two.
PATIENCE = 120

# Shell words that a block may begin a line with, and that are run as they are.
HARMLESS = ("mkdir", "echo", "cat")


@dataclass(frozen=True)
class Block:
    """One fenced block of a document."""

    document: Path
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.document.name}:{self.line}"

    @property
    def commands(self) -> list[str]:
        """The lines of a shell block, continued ones joined, without comments."""
        lines = self.text.replace("\\\n", " ").splitlines()
        return [line.partition("  #")[0].strip() for line in lines if line.strip()]


def blocks(document: Path) -> Iterator[Block]:
    text = document.read_text(encoding="utf-8")
    for fence in re.finditer(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        yield Block(document, text.count("\n", 0, fence.start()) + 2, *fence.groups())


BLOCKS = [block for document in DOCUMENTS for block in blocks(document)]


def in_language(name: str) -> list[Block]:
    return [block for block in BLOCKS if block.language == name]


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the example data, and `gpuheat` and `python` on the PATH."""
    place = tmp_path / "work"
    shutil.copytree(ROOT / "examples" / "data", place / "examples" / "data")
    tools = tmp_path / "bin"
    tools.mkdir()
    for name, call in (("python", ""), ("gpuheat", "-m gpuheat ")):
        tool = tools / name
        tool.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} {call}"$@"\n')
        tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.chdir(place)
    return place


def test_every_block_is_in_a_language_that_is_checked_here() -> None:
    assert {block.language for block in BLOCKS} == {
        "bash",
        "dockerfile",
        "python",
        "text",
        "yaml",
    }


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_python_snippets_run_in_order(document: Path, workplace: Path) -> None:
    namespace: dict[str, object] = {}
    for block in blocks(document):
        if block.language == "python":
            # Empty lines before it make the line numbers of a traceback those of the document.
            code = "\n" * (block.line - 1) + block.text
            exec(compile(code, str(document), "exec"), namespace)


@pytest.mark.parametrize("block", in_language("bash"), ids=str)
def test_shell_commands_run(block: Block, workplace: Path) -> None:
    run_commands(block.commands, workplace)


def test_the_workflow_runs(workplace: Path) -> None:
    (block,) = in_language("yaml")
    commands = re.findall(r"^ +- run: (.*)$", block.text, re.MULTILINE)
    assert len(commands) == block.text.count("run:"), "a step is written in another way"
    run_commands(commands, workplace)
    # What it uploads at the end is what it drew.
    (uploaded,) = re.findall(r"^ +path: (.*)$", block.text, re.MULTILINE)
    assert (workplace / uploaded).stat().st_size > 0


def test_the_dockerfile_installs_what_script_setup_does(workplace: Path) -> None:
    (block,) = in_language("dockerfile")
    instructions = dict.fromkeys(line.split()[0] for line in block.commands)
    assert list(instructions) == ["FROM", "RUN", "COPY", "WORKDIR", "ENTRYPOINT"]
    for line in block.commands:
        if line.startswith("RUN "):
            for command in line.removeprefix("RUN ").split("&&"):
                if not command.strip().startswith("rm -rf /var/lib/apt/lists"):
                    assert kept(command.strip(), copied_to="/gpuheat") is None
    assert 'ENTRYPOINT ["gpuheat"]' in block.commands


def run_commands(commands: list[str], place: Path) -> None:
    """Check each command, and run those that can be run here, in one shell."""
    script = [command for line in commands if (command := kept(line)) is not None]
    if not script:
        return
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", "\n".join(script)],
        cwd=place,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, f"{script}\n{done.stdout}\n{done.stderr}"


def kept(command: str, copied_to: str = ".") -> str | None:
    """Return what to run of a command; None for one that is only checked.

    `copied_to` is where the project lies for pip.
    """
    words = shlex.split(command)
    if words[0] == "sudo":
        words = words[1:]
    while re.fullmatch(r"[A-Z_]+=.*", words[0]):  # a variable for this command alone
        words = words[1:]

    if words[0] in ("gpuheat", *HARMLESS) or words[:3] == ["python", "-m", "gpuheat"]:
        return command
    if words[0] == "bash":
        subprocess.run(["bash", "-n", ROOT / words[1]], check=True)
    elif words[:2] == ["apt-get", "install"]:
        assert {word for word in words[2:] if word[0] != "-"} == set(gl_packages()), command
    elif words[:2] == ["pip", "install"]:
        assert [word for word in words[2:] if word[0] != "-"] == [copied_to], command
    elif words[:2] == ["docker", "run"]:
        # What follows the image's name goes to its entry point.
        return shlex.join(words[words.index("gpuheat") :])
    else:
        assert words[:2] in (["apt-get", "update"], ["docker", "build"]), f"unknown: {command}"
    return None


def gl_packages() -> list[str]:
    setup = (ROOT / "script" / "setup").read_text(encoding="utf-8")
    (found,) = re.findall(r"^GL_PACKAGES=\((.*)\)$", setup, re.MULTILINE)
    names: list[str] = found.split()
    return names


def test_the_apt_line_of_the_table_names_the_same_packages() -> None:
    assert f"`{' '.join(gl_packages())}`" in README.read_text(encoding="utf-8")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_to_files_that_are_there(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)#]+)[^)]*\)", text)
    missing = [
        link for link in links if "://" not in link and not (document.parent / link).exists()
    ]
    assert not missing


def test_the_picture_is_small_enough_for_a_page() -> None:
    picture = ROOT / "docs" / "pictures" / "earthquakes.png"
    assert picture.stat().st_size < 400_000

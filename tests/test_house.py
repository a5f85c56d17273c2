"""The house rules: which room may import from which, and what is imported when.

`docs/architecture.md` draws the rooms; the order here is the order of the data.
"""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import gpuheat

PACKAGE = Path(gpuheat.__file__).parent
ROOMS = (
    "errors",
    "budget",
    "resources",
    "geo",
    "points",
    "gl",
    "density",
    "cluster",
    "color",
    "export",
    "picture",
    "frame",
    "report",
    "drawing",
    "pipeline",
    "heatmap",
    "film",
    "tiles",
    "cli",
)
# The package itself, which binds the names of all rooms, and `python -m gpuheat`.
FRONT_DOOR = ("__init__", "__main__")
# What is installed with the package; anything else is an extra.
REQUIRED = {"moderngl", "numpy", "PIL"}
GL_ROOMS = ("gl", "density", "color")
# Names that say nothing about what is in a file.
NOT_NOUNS = {"utils", "util", "helpers", "core", "common", "base", "misc"}

MODULES = sorted(PACKAGE.rglob("*.py"))


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(PACKAGE).with_suffix("").parts)


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


def imports(tree: ast.AST) -> Iterator[tuple[str, list[str]]]:
    """Yield each imported module and the names taken from it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, []
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute here"
            yield node.module or "", [alias.name for alias in node.names]


def rooms_used(tree: ast.AST) -> set[str]:
    """Name the rooms a module imports from."""
    used = set()
    for module, names in imports(tree):
        first, *rest = module.split(".")
        if first == "gpuheat":
            # `from gpuheat import budget` takes a room; `import gpuheat` would take all.
            used.update([rest[0]] if rest else names or ["gpuheat"])
    return used


def without_types(tree: ast.Module) -> ast.Module:
    """Leave out what is imported for type checkers only."""

    class Dropping(ast.NodeTransformer):
        def visit_If(self, node: ast.If) -> ast.AST | None:
            return None if "TYPE_CHECKING" in ast.unparse(node.test) else node

    dropped: ast.Module = Dropping().visit(tree)
    return dropped


def run_at_import(tree: ast.Module) -> Iterator[ast.stmt]:
    """Yield the statements that run when a module is imported."""
    waiting: list[ast.stmt] = list(tree.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            continue
        yield node
        for field in ("body", "orelse", "finalbody"):
            waiting += getattr(node, field, [])
        for handler in getattr(node, "handlers", []):
            waiting += handler.body


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def climbs(room: str, used: set[str]) -> set[str]:
    """Return the rooms among those used that lie below a room."""
    return {each for each in used if ROOMS.index(each) > ROOMS.index(room)}


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_module_imports_only_from_its_own_room_or_rooms_above(path: Path) -> None:
    room = room_of(path)
    used = rooms_used(parsed(path))
    if room in FRONT_DOOR:
        return
    assert room in ROOMS, f"{room} is a new room: give it a place in the order"
    # The version belongs to no room, and the last room may take the package as its users do.
    unknown = used - set(ROOMS) - {"__version__"} - ({"gpuheat"} if room == ROOMS[-1] else set())
    assert not unknown, f"{unknown} are no rooms; import from the room that has the name"
    assert not climbs(room, used & set(ROOMS))


def test_the_rule_notices_a_climb() -> None:
    source = "def f():\n    from gpuheat.color.tone import Tone\nfrom gpuheat import budget, cli\n"
    used = rooms_used(ast.parse(source))
    assert used == {"color", "budget", "cli"}
    assert climbs("density", used) == {"color", "cli"}
    assert climbs("cli", used) == set()


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_moderngl_is_imported_only_where_gl_is_spoken(path: Path) -> None:
    used = {module.split(".")[0] for module, _ in imports(without_types(parsed(path)))}
    assert "moderngl" not in used or room_of(path) in GL_ROOMS


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_optional_packages_are_imported_inside_functions(path: Path) -> None:
    known = REQUIRED | {"gpuheat"} | set(sys.stdlib_module_names)
    for statement in run_at_import(without_types(parsed(path))):
        if isinstance(statement, (ast.Import, ast.ImportFrom)):
            packages = {module.split(".")[0] for module, _ in imports(statement)}
            assert packages <= known, ast.unparse(statement)


def test_no_module_bears_the_name_of_a_public_function() -> None:
    functions = {name for name in gpuheat.__all__ if inspect.isfunction(getattr(gpuheat, name))}
    assert functions >= {"render", "schemes", "open_context"}
    modules = {path.stem for path in PACKAGE.iterdir() if path.suffix == ".py" or path.is_dir()}
    assert not functions & modules
    assert all(callable(getattr(gpuheat, name)) for name in functions)


def test_every_public_name_is_there_and_has_a_docstring() -> None:
    for name in gpuheat.__all__:
        value = getattr(gpuheat, name)
        if name != "__version__":
            assert inspect.getdoc(value), name
    assert list(gpuheat.__all__) == sorted(gpuheat.__all__)


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_file_has_a_name_that_says_something_and_holds_one_noun(path: Path) -> None:
    assert path.stem not in NOT_NOUNS
    assert ast.get_docstring(parsed(path)), "a module says at its head what it is"


def test_importing_gpuheat_imports_no_optional_package() -> None:
    optional = ("scipy", "matplotlib", "pandas", "duckdb", "dask", "hypothesis", "http.server")
    code = f"import sys, gpuheat; print([name for name in {optional} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_importing_gpuheat_opens_no_device_and_starts_no_thread() -> None:
    code = (
        "import threading, gpuheat\n"
        "from gpuheat.gl import opening\n"
        "print(threading.active_count(), opening._current)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "1 None"

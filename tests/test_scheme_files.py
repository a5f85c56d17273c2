"""The files in schemes/, read as they are: the five of heatmap.py and the published ones."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

FILES = sorted((Path(__file__).resolve().parent.parent / "schemes").iterdir())

# First the densest color, then the sparsest: of heatmap.py 2.2.1's pictures for the
# five, of the published tables (their last and first entry) for the others.
ENDS = {
    "classic": ((255, 237, 237), (53, 52, 61)),
    "fire": ((255, 255, 255), (177, 177, 177)),
    "omg": ((255, 255, 255), (215, 170, 225)),
    "pbj": ((41, 10, 89), (255, 137, 25)),
    "pgaitch": ((255, 254, 165), (51, 52, 51)),
    "gray": ((0, 0, 0), (255, 255, 255)),
    "viridis": ((253, 231, 37), (68, 1, 84)),
    "magma": ((252, 253, 191), (0, 0, 4)),
    "inferno": ((252, 255, 164), (0, 0, 4)),
    "cividis": ((254, 232, 56), (0, 34, 78)),
    "turbo": ((122, 4, 3), (48, 18, 59)),
    "rdbu": ((5, 48, 97), (103, 0, 31)),
    "vik": ((89, 0, 8), (0, 18, 97)),
}


def test_there_are_these_schemes_and_no_others() -> None:
    assert {file.name for file in FILES} == {f"{name}.json" for name in ENDS}


@pytest.fixture(params=FILES, ids=lambda file: file.stem)
def file(request: pytest.FixtureRequest) -> Path:
    path: Path = request.param
    return path


@pytest.fixture
def scheme(file: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return content


def test_it_says_where_it_is_from_and_its_licence(scheme: dict[str, Any]) -> None:
    assert set(scheme) == {"origin", "licence", "stops"}
    assert scheme["origin"]
    assert scheme["licence"] in {"MIT", "CC0-1.0", "Apache-2.0"}


def test_its_stops_rise_from_0_to_255(scheme: dict[str, Any]) -> None:
    positions = [position for position, _ in scheme["stops"]]
    assert positions[0] == 0
    assert positions[-1] == 255
    assert all(type(position) is int for position in positions)
    assert positions == sorted(set(positions))


def test_its_colors_are_hex(scheme: dict[str, Any]) -> None:
    assert all(re.fullmatch("#[0-9a-f]{6}", color) for _, color in scheme["stops"])


def test_it_runs_from_the_densest_to_the_sparsest(file: Path, scheme: dict[str, Any]) -> None:
    first, last = (tuple(bytes.fromhex(scheme["stops"][end][1][1:])) for end in (0, -1))
    assert (first, last) == ENDS[file.stem]


def test_it_has_one_stop_a_line(file: Path, scheme: dict[str, Any]) -> None:
    lines = file.read_text(encoding="utf-8").splitlines()
    assert sum(line.startswith("    [") for line in lines) == len(scheme["stops"])

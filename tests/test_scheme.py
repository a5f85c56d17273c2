"""Scheme: by name, by path, from a folder of one's own, from colours; and what is refused."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import cmap
import matplotlib
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gpuheat
from gpuheat.color import colormaps
from gpuheat.color.scheme import Scheme
from gpuheat.errors import FileError, InputError

OURS = ["cividis", "classic", "fire", "gray", "inferno", "magma", "omg", "pbj", "pgaitch"]
OURS += ["rdbu", "turbo", "vik", "viridis"]
STOPS = {"stops": [[0, "#ff0000"], [255, "#0000ff"]]}


def written(path: Path, content: Any) -> Path:
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def test_our_schemes_are_listed_in_order() -> None:
    assert gpuheat.schemes() == OURS


@pytest.mark.parametrize("name", OURS)
def test_a_scheme_is_256_opaque_colors(name: str) -> None:
    scheme = Scheme.of(name)
    assert scheme.name == name
    assert (scheme.colors.shape, scheme.colors.dtype) == ((256, 4), np.uint8)
    assert (scheme.colors[:, 3] == 255).all()
    # No step of a ramp jumps: neighbours differ by less than a quarter of the range.
    assert np.abs(np.diff(scheme.colors.astype(int), axis=0)).max() < 64


def test_the_middle_of_a_gradient_is_the_mean_of_its_ends(tmp_path: Path) -> None:
    stops = [[0, "#000000"], [100, "#64c800"], [255, "#64c8ff80"]]
    colors = Scheme.of(written(tmp_path / "own.json", {"stops": stops})).colors
    assert colors[0].tolist() == [0, 0, 0, 255]
    assert colors[50].tolist() == [50, 100, 0, 255]
    assert colors[100].tolist() == [100, 200, 0, 255]
    assert colors[255].tolist() == [100, 200, 255, 128]


def test_a_path_is_a_scheme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path / "own.json", STOPS)
    for given_ in (path, str(path)):
        scheme = Scheme.of(given_)
        assert scheme.name == "own"
        assert scheme.colors[[0, 255], :3].tolist() == [[255, 0, 0], [0, 0, 255]]
    monkeypatch.chdir(tmp_path)
    assert Scheme.of("own.json").name == "own"
    written(tmp_path / "plain", STOPS)
    assert Scheme.of("plain").name == "plain"


def test_a_folder_of_ones_own_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(tmp_path / "mine.json", STOPS)
    written(tmp_path / "classic.json", STOPS)
    written(tmp_path / "notes.txt", "no scheme")
    ours = Scheme.of("classic").colors
    monkeypatch.setenv("GPUHEAT_SCHEMES", str(tmp_path))
    assert gpuheat.schemes() == sorted([*OURS, "mine"])
    assert Scheme.of("mine").colors[0].tolist() == [255, 0, 0, 255]
    assert not np.array_equal(Scheme.of("classic").colors, ours)
    assert Scheme.of("fire").name == "fire"
    monkeypatch.setenv("GPUHEAT_SCHEMES", str(tmp_path / "none"))
    with pytest.raises(FileError, match=r"GPUHEAT_SCHEMES names .*none', which is no folder"):
        gpuheat.schemes()


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(InputError, match=r"unknown scheme 'infernal'; did you mean 'inferno'\?"):
        Scheme.of("infernal")
    with pytest.raises(InputError, match=r"unknown scheme 'zzz' \(there are: cividis, classic"):
        gpuheat.render([(0, 0), (1, 1)], size=8, scheme="zzz", device="cpu")
    for odd in ("", "\0", "é" * 300):
        with pytest.raises((InputError, FileError)):
            Scheme.of(odd)


BROKEN = {
    "no json": "stops: red, blue",
    "nothing": "",
    "a list": [[0, "#ff0000"], [255, "#0000ff"]],
    "no stops": {"colors": []},
    "stops of null": {"stops": None},
    "stops of a number": {"stops": 5},
    "one stop": {"stops": [[0, "#ff0000"]]},
    "a late start": {"stops": [[1, "#ff0000"], [255, "#0000ff"]]},
    "an early end": {"stops": [[0, "#ff0000"], [254, "#0000ff"]]},
    "a fall": {"stops": [[0, "#ff0000"], [9, "#ff0000"], [8, "#ff0000"], [255, "#0000ff"]]},
    "a repetition": {"stops": [[0, "#ff0000"], [9, "#ff0000"], [9, "#0f0000"], [255, "#0000ff"]]},
    "a name for a color": {"stops": [[0, "red"], [255, "#0000ff"]]},
    "a short color": {"stops": [[0, "#f00"], [255, "#0000ff"]]},
    "a color that is no hex": {"stops": [[0, "#gg0000"], [255, "#0000ff"]]},
    "a color of numbers": {"stops": [[0, [255, 0, 0]], [255, "#0000ff"]]},
    "a stop of three": {"stops": [[0, "#ff0000", 1], [255, "#0000ff"]]},
    "a position of text": {"stops": [["a", "#ff0000"], [255, "#0000ff"]]},
    "a position that is NaN": '{"stops": [[0, "#ff0000"], [NaN, "#ff0000"], [255, "#0000ff"]]}',
    "deep nesting": "[" * 100_000,
}


@pytest.mark.parametrize("how", BROKEN)
def test_a_broken_file_is_a_clear_error(how: str, tmp_path: Path) -> None:
    path = written(tmp_path / "broken.json", BROKEN[how])
    with pytest.raises(FileError, match=r"scheme .*broken.json (cannot be read|is not in order)"):
        Scheme.of(path)


def test_a_file_that_cannot_be_read_is_a_clear_error(tmp_path: Path) -> None:
    for path in (tmp_path / "none.json", tmp_path):
        with pytest.raises(FileError, match=r"scheme .* cannot be read"):
            Scheme.of(path)
    (tmp_path / "bytes.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(FileError, match="cannot be read"):
        Scheme.of(tmp_path / "bytes.json")


@given(
    st.integers(1, 256).flatmap(
        lambda n: st.integers(3, 4).flatmap(
            lambda channels: st.lists(
                st.lists(st.integers(0, 255), min_size=channels, max_size=channels),
                min_size=n,
                max_size=n,
            )
        )
    )
)
@settings(max_examples=30)
def test_1_to_256_colors_are_spread_over_the_table(colors: list[list[int]]) -> None:
    table = Scheme.of(colors).colors
    assert (table.shape, table.dtype) == ((256, 4), np.uint8)
    first, last = ([*color, 255][:4] for color in (colors[0], colors[-1]))
    assert table[0].tolist() == first
    assert table[255].tolist() == (last if len(colors) > 1 else first)
    if len(colors) == 256:
        assert table[:, : len(colors[0])].tolist() == colors


def test_colors_come_as_tuples_or_arrays() -> None:
    tuples = [(255, 0, 0), (0, 0, 255)]
    expected = Scheme.of(tuples).colors
    assert expected[0].tolist() == [255, 0, 0, 255]
    for given_ in (np.array(tuples), np.array(tuples, "u1"), np.array(tuples, "f4"), tuple(tuples)):
        np.testing.assert_array_equal(Scheme.of(given_).colors, expected)
    scheme = Scheme.of(tuples)
    assert Scheme.of(scheme) is scheme


@pytest.mark.parametrize(
    "colors",
    [
        [],
        [()],
        [(1, 2)],
        [(1, 2, 3, 4, 5)],
        [(1, 2, 3), (1, 2)],
        [(0, 0, 0)] * 257,
        [("a", "b", "c")],
        (1, 2, 3),
        5,
        None,
        {"stops": []},
        {},
        {0: "no color", 1: "red"},
        {-0.1: "red", 1: "red"},
        {0: "red", 1.1: "red"},
        {"a": "red"},
        {0: (1, 2)},
        {float("nan"): "red"},
        ["no color"],
        [None],
    ],
    ids=lambda colors: repr(colors)[:20],
)
def test_what_is_no_sequence_of_colors_is_refused(colors: Any) -> None:
    with pytest.raises(InputError, match="neither a name nor a sequence of colours; give"):
        Scheme.of(colors)


@pytest.mark.parametrize("color", [(0, 0, 256), (-1, 0, 0), (0, np.nan, 0), (0, 0, 0, np.inf)])
def test_colors_beyond_0_to_255_are_refused(color: Any) -> None:
    with pytest.raises(InputError, match=r"leave 0\.\.255"):
        Scheme.of([color])


# --- The other way round. ---


@pytest.mark.parametrize("name", OURS)
def test_any_name_with_r_behind_it_is_reversed(name: str) -> None:
    scheme = Scheme.of(f"{name}_r")
    assert scheme.name == f"{name}_r"
    np.testing.assert_array_equal(scheme.colors, Scheme.of(name).colors[::-1])


def test_a_scheme_that_is_called_so_is_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(tmp_path / "viridis_r.json", STOPS)
    written(tmp_path / "mine.json", STOPS)
    monkeypatch.setenv("GPUHEAT_SCHEMES", str(tmp_path))
    assert Scheme.of("viridis_r").colors[0].tolist() == [255, 0, 0, 255]
    assert Scheme.of("mine_r").colors[0].tolist() == [0, 0, 255, 255]


# --- The package cmap. ---


@pytest.mark.parametrize(
    ("name", "thinnest", "densest"),
    [
        ("plasma", (13, 8, 135), (240, 249, 33)),
        ("RdBu", (103, 0, 31), (5, 48, 97)),
        ("RdBu_r", (5, 48, 97), (103, 0, 31)),
        ("cmocean:thermal", (4, 35, 51), (232, 250, 91)),
        ("colorcet:fire", (0, 0, 0), (255, 255, 255)),
    ],
)
def test_a_name_of_cmap_has_its_1_at_the_densest(
    name: str, thinnest: Any, densest: Any, caplog: pytest.LogCaptureFixture
) -> None:
    scheme = Scheme.of(name)
    assert scheme.name == name
    assert tuple(scheme.colors[0, :3]) == densest
    assert tuple(scheme.colors[255, :3]) == thinnest
    assert not caplog.records, "of the packages that have this name, one is taken quietly"


def test_ours_win_over_those_of_the_same_name(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(name: str) -> None:
        raise AssertionError(name)

    monkeypatch.setattr(colormaps, "find", never)
    for name in ("viridis", "viridis_r", "fire"):
        assert Scheme.of(name).name == name


@pytest.mark.parametrize("name", ["viridis", "magma", "inferno", "cividis", "turbo", "rdbu", "vik"])
def test_ours_are_cmaps_within_what_their_stops_allow(name: str) -> None:
    theirs = Scheme.of(cmap.Colormap({"rdbu": "colorbrewer:RdBu"}.get(name, name)))
    difference = Scheme.of(name).colors.astype(int) - theirs.colors
    assert np.abs(difference).max() <= 3  # 2 levels of the fit, 1 of rounding


def test_the_nearest_may_be_one_of_cmap() -> None:
    with pytest.raises(
        InputError, match=r"did you mean 'plasma'\?.*; [56]\d\d of the package cmap"
    ):
        Scheme.of("plasmma")


def test_without_cmap_its_command_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cmap", None)
    with pytest.raises(
        InputError, match=r'unknown scheme .* more with: pip install "gpuheat\[color'
    ):
        Scheme.of("plasma")
    assert Scheme.of("viridis_r").name == "viridis_r"


# --- Color maps as objects, and stops. ---


@pytest.mark.parametrize("name", ["viridis", "RdBu", "tab10"])
def test_a_color_map_of_matplotlib_is_a_scheme(name: str) -> None:
    theirs = matplotlib.colormaps[name]
    scheme = Scheme.of(theirs)
    assert scheme.name == name
    expected = np.rint(theirs(np.linspace(1, 0, 256)) * 255)
    np.testing.assert_array_equal(scheme.colors, expected)


@pytest.mark.parametrize("name", ["viridis", "RdBu"])
def test_a_color_map_of_cmap_is_the_same_scheme(name: str) -> None:
    theirs = Scheme.of(matplotlib.colormaps[name]).colors
    ours = Scheme.of(cmap.Colormap(matplotlib.colormaps[name])).colors
    assert np.abs(ours.astype(int) - theirs).max() <= 1


def test_any_function_like_them_is_a_scheme() -> None:
    colors = Scheme.of(lambda t: np.stack([t, t * 0, 1 - t], axis=1)).colors
    assert colors[[0, 255]].tolist() == [[255, 0, 0, 255], [0, 0, 255, 255]]


def test_a_function_that_makes_no_colors_is_told() -> None:
    with pytest.raises(InputError, match=r"is no color map: of 256 numbers it makes \(256,\)"):
        Scheme.of(lambda t: t)
    with pytest.raises(InputError, match=r"expected \(256, 4\) numbers of 0\.\.1"):
        Scheme.of(lambda t: np.full((256, 4), 255))
    with pytest.raises(InputError, match=r"failed on an array of 0\.\.1: .*zero"):
        Scheme.of(lambda t: 1 / 0)


def test_stops_are_positions_of_0_to_1_with_the_densest_at_1() -> None:
    colors = Scheme.of({1: "#f00", 0: "white"}).colors
    assert colors[[0, 255]].tolist() == [[255, 0, 0, 255], [255, 255, 255, 255]]
    assert colors[51].tolist() == [255, 51, 51, 255], "a fifth of the way back to white"
    colors = Scheme.of({0.4: "blue", 0.8: (0, 255, 0, 100)}).colors
    assert colors[[0, 51]].tolist() == [[0, 255, 0, 100]] * 2, "beyond the last, its color"
    assert colors[[153, 255]].tolist() == [[0, 0, 255, 255]] * 2
    assert Scheme.of({0.5: "red"}).colors[7].tolist() == [255, 0, 0, 255]


def test_colors_may_be_names() -> None:
    colors = Scheme.of(["red", "#00f", (0, 255, 0), "#ff000080"]).colors
    assert colors[[0, 85, 170, 255]].tolist() == [
        [255, 0, 0, 255],
        [0, 0, 255, 255],
        [0, 255, 0, 255],
        [255, 0, 0, 128],
    ]

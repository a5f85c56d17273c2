"""`gpuheat.read`: files, patterns and streams as points that can be read again."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from command import call
from tabled import write_parquet

import gpuheat
from gpuheat.errors import FileError, InputError
from gpuheat.points.joined import JoinedTable

AREA = ((0, 0), (10, 10))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two Parquet files and a CSV of the same columns, a point each."""
    for number, name in enumerate(["a.parquet", "b.parquet"]):
        write_parquet(tmp_path / name, {"x": [number + 1.0], "y": [2.0], "mass": [number + 5]})
    (tmp_path / "c.csv").write_text("mass,y,x\n7,2,3\n")
    return tmp_path


def xs(source: gpuheat.Source) -> list[float]:
    return [float(x) for chunk in source for x in chunk.x]


def test_a_pattern_means_its_files_in_order(folder: Path) -> None:
    assert xs(gpuheat.read(str(folder / "*.parquet"))) == [1, 2]
    assert xs(gpuheat.read(folder / "[bc].*")) == [2, 3]
    assert xs(gpuheat.read([folder / "c.csv", folder / "?.parquet"])) == [3, 1, 2]
    assert xs(gpuheat.read(str(folder / "**" / "a.parquet"))) == [1]
    assert isinstance(gpuheat.read(str(folder / "*")).table, JoinedTable)


def test_a_pattern_without_files_is_told(folder: Path) -> None:
    with pytest.raises(FileError, match=r"no file matches .*\*\.feather; check its folder"):
        gpuheat.read(str(folder / "*.feather"))


def test_render_and_count_take_patterns_and_what_was_read(folder: Path) -> None:
    pattern = str(folder / "*")
    source = gpuheat.read(pattern, weights="mass")
    counts = gpuheat.count(source, size=16, area=AREA)
    assert counts.mass == 5 + 6 + 7
    assert gpuheat.count(pattern, size=16, area=AREA, weights="mass").mass == counts.mass
    for _ in range(2):
        picture = gpuheat.render(source, size=16, dotsize=4, device="cpu")
        assert picture.stats["read"] == 3


def test_columns_of_what_was_read_can_be_named_anew(folder: Path) -> None:
    source = gpuheat.read(folder / "a.parquet")
    assert gpuheat.Source.of(source) is source
    assert gpuheat.Source.of(source, weights="mass").columns == ("x", "y", "mass")
    named = gpuheat.Source.of(gpuheat.Source.of(source, weights="mass"), x="y", y="x")
    assert named.columns == ("y", "x", "mass"), "what is not named anew is kept"


def test_what_was_read_is_not_left_on_a_pictures_plane(folder: Path) -> None:
    source = gpuheat.read(folder / "a.parquet")
    before = xs(source)
    gpuheat.render(source, size=16, dotsize=4, device="cpu", projection="mercator")
    assert xs(source) == before


def test_conditions_hold_for_every_file(folder: Path) -> None:
    assert xs(gpuheat.read(str(folder / "*"), where="mass <> 6")) == [1, 3]


def test_an_array_alone_keeps_its_third_column_as_weights(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    for where in (None, '"1" < 2'):
        (chunk,) = gpuheat.read(str(tmp_path / "*.npy"), where=where)
        assert isinstance(chunk, gpuheat.Points)
        assert chunk.weights is not None
        assert chunk.weights[0] == 3


def test_what_is_no_file_is_told() -> None:
    for given in (7, [], [1, 2], np.ones((2, 2))):
        with pytest.raises(InputError, match="expected a path, a list of paths, or a file object"):
            gpuheat.read(given)


def test_streams_are_read(folder: Path) -> None:
    assert xs(gpuheat.read(io.BytesIO((folder / "a.parquet").read_bytes()))) == [1]
    assert xs(gpuheat.read(io.StringIO("x,y\n1,2\n"))) == [1]


def test_the_command_takes_patterns_and_conditions(folder: Path) -> None:
    words = ("--where", "mass > 5", "-o", str(folder / "out.png"), "--device", "cpu", "--json")
    called = call("render", str(folder / "*"), *words)
    assert called.status == 0, called.error
    assert '"points": 2' in called.stdout.decode()
    called = call("render", str(folder / "a.parquet"), "--where", "mas > 5")
    assert called.status == 2
    assert 'did you mean "mass"?' in called.error


def test_swapped_longitudes_and_latitudes_are_told() -> None:
    swapped = {"lon": [40.0, 41.0], "lat": [-74.0, -120.0]}
    for area in (None, ((-180, -180), (180, 180))):
        with pytest.raises(InputError, match=r'y is "lat", which reaches 120 .* look swapped'):
            gpuheat.render(swapped, size=8, area=area, device="cpu")
    with pytest.raises(InputError, match='give x="lon", y="lat"'):
        gpuheat.Source({"lon": [-120.0], "lat": [40.0]}, x="lat", y="lon").extent()
    assert gpuheat.Source(swapped, x="lat", y="lon").extent() == ((-120, 40), (-74, 41))


@pytest.mark.parametrize("lat", [[40.0, 999.0], [40.0, 90.0]])
def test_single_faults_are_no_swap(lat: list[float]) -> None:
    gpuheat.Source({"lon": [1.0, 2.0], "lat": lat}).extent()
    gpuheat.Source({"lon": [1.0, 179.0], "lat": [5.0, 120.0]}).extent()
    gpuheat.Source({"x": [1.0, 2.0], "y": [5.0, 120.0]}).extent()

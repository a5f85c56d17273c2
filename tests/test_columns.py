"""The guess of x and y, and finding a column by its name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpuheat.errors import ColumnError
from gpuheat.points.columns import are_degrees, find, guess_xy


@pytest.mark.parametrize("x", ["lon", "lng", "long", "longitude", "LON", "Longitude"])
@pytest.mark.parametrize("y", ["lat", "latitude", "LAT"])
def test_longitude_and_latitude_are_found_in_any_order_and_case(x: str, y: str) -> None:
    assert guess_xy(["id", y, "mag", x]) == (x, y)


def test_x_and_y_are_found() -> None:
    assert guess_xy(["Y", "X", "weight"]) == ("X", "Y")


@pytest.mark.parametrize(
    ("x", "y"),
    [
        ("pickup_longitude", "pickup_latitude"),
        ("pickup lon", "pickup lat"),
        ("decimalLongitude", "decimalLatitude"),
        ("pos.x", "pos.y"),
        ("Start-Lng", "start-lat"),
    ],
)
def test_the_one_pair_of_names_that_end_so_is_found(x: str, y: str) -> None:
    assert guess_xy(["fare", x, y, "tip"]) == (x, y)


def test_a_whole_name_goes_before_an_ending() -> None:
    assert guess_xy(["home_lon", "home_lat", "lon", "lat"]) == ("lon", "lat")


def test_two_pairs_are_ambiguous_and_both_are_listed() -> None:
    names = ["pickup_lon", "pickup_lat", "dropoff_lon", "dropoff_lat"]
    with pytest.raises(ColumnError, match=r"pickup_lon/pickup_lat, dropoff_lon/dropoff_lat; name"):
        guess_xy(names)
    with pytest.raises(ColumnError, match="x/y, lon/lat"):
        guess_xy(["x", "y", "lon", "lat"])


def test_endings_inside_a_word_and_unlike_beginnings_are_no_pair() -> None:
    for names in (["salon", "flat"], ["a_lon", "b_lat"], ["x", "lat"], ["lon"], []):
        with pytest.raises(ColumnError, match="no pair of columns"):
            guess_xy(names)


def test_columns_without_names_are_x_and_y_in_order() -> None:
    assert guess_xy(["1", "2", "3"]) == ("1", "2")
    with pytest.raises(ColumnError, match="there are: 1"):
        guess_xy(["1"])


@given(st.lists(st.text(max_size=12), max_size=6))
def test_the_guess_is_two_of_the_names_or_a_column_error(names: list[str]) -> None:
    try:
        x, y = guess_xy(names)
    except ColumnError:
        return
    assert x in names
    assert y in names
    assert x != y


def test_a_column_is_found_by_its_exact_name_first() -> None:
    assert find(["Mag", "mag"], "mag", "quakes.csv") == "mag"


def test_a_column_is_found_but_for_case_where_only_one_fits() -> None:
    assert find(["Mag", "lon"], "MAG", "quakes.csv") == "Mag"
    with pytest.raises(ColumnError, match=r'2 columns are called "MAG" \(Mag, mag\)'):
        find(["Mag", "mag"], "MAG", "quakes.csv")


def test_a_name_that_two_columns_bear_is_refused() -> None:
    with pytest.raises(ColumnError, match="2 columns are called"):
        find(["lon", "lon"], "lon", "quakes.csv")


def test_a_column_that_is_not_there_is_answered_with_those_that_are() -> None:
    with pytest.raises(ColumnError) as caught:
        find(["lon", "lat", "Magnitude"], "magnitud", "quakes.csv")
    assert str(caught.value) == (
        'quakes.csv has no column "magnitud"; did you mean "Magnitude"? '
        "(there are: lon, lat, Magnitude)"
    )


def test_names_tell_degrees() -> None:
    assert are_degrees("lon", "lat")
    assert are_degrees("pickup_longitude", "pickup_latitude")
    assert not are_degrees("x", "y")
    assert not are_degrees("1", "2")

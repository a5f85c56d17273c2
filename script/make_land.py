"""Write gpuheat/data/land-110m.json: the outlines of the world's land, for base maps.

    python script/make_land.py [world-atlas-2.0.2.tgz]

The source is land-110m.json of the npm package world-atlas 2.0.2: Natural Earth's
1:110m land (public domain) as TopoJSON. Without the archive `npm pack` fetches it.

TopoJSON keeps shapes on the sphere: a ring may cross 180 degrees, and Antarctica's
runs once around the pole. On a flat map such rings are cut at +-180, and Antarctica
is closed along latitude -90.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tarfile
import tempfile
from itertools import pairwise
from pathlib import Path
from typing import Any

PACKAGE = "world-atlas@2.0.2"
TARGET = Path(__file__).resolve().parent.parent / "gpuheat" / "data" / "land-110m.json"

# 0.01 degree is 1 km; the 1:110m outline is good to some 10 km.
DECIMALS = 2

Ring = list[tuple[float, float]]


def archive(folder: str) -> Path:
    """The package's archive: the one given, or fetched into `folder`."""
    if len(sys.argv) > 1:
        return Path(sys.argv[1])
    subprocess.run(["npm", "pack", "--silent", PACKAGE], cwd=folder, check=True)
    return next(Path(folder).glob("*.tgz"))


def decoded_arcs(topology: dict[str, Any]) -> list[Ring]:
    """TopoJSON's arcs, steps of whole numbers, as longitude and latitude."""
    (scale_x, scale_y), (left, bottom) = (topology["transform"][k] for k in ("scale", "translate"))
    arcs = []
    for steps in topology["arcs"]:
        x = y = 0
        arc: Ring = []
        for step_x, step_y in steps:
            x, y = x + step_x, y + step_y
            arc.append((x * scale_x + left, y * scale_y + bottom))
        arcs.append(arc)
    return arcs


def joined(numbers: list[int], arcs: list[Ring]) -> Ring:
    """One ring out of its arcs; a negative number ~i is arc i backwards."""
    ring: Ring = []
    for number in numbers:
        arc = arcs[number] if number >= 0 else arcs[~number][::-1]
        ring += arc[1:] if ring else arc
    return ring


def unwrapped(ring: Ring) -> Ring:
    """The ring without jumps from 180 to -180: its longitudes may leave that range."""
    # Begin at a jump, so that a ring around the pole begins and ends at 180 degrees.
    jumps = [i + 1 for i, (a, b) in enumerate(pairwise(ring)) if abs(b[0] - a[0]) > 180]
    if jumps:
        ring = ring[jumps[0] : -1] + ring[: jumps[0] + 1]
    turn = 0
    flat = [ring[0]]
    for (before, _), (lon, lat) in pairwise(ring):
        turn -= 360 * round((lon - before) / 360)
        flat.append((lon + turn, lat))
    if turn:
        flat += [(flat[-1][0], -90.0), (flat[0][0], -90.0), flat[0]]
    return flat


def clipped(ring: Ring, edge: float, side: int) -> Ring:
    """The part of the ring with side * (longitude - edge) <= 0, closed along the edge."""
    kept: Ring = []
    for (x0, y0), (x1, y1) in pairwise(ring):
        if (side * (x0 - edge) <= 0) != (side * (x1 - edge) <= 0):
            kept.append((edge, y0 + (y1 - y0) * (edge - x0) / (x1 - x0)))
        if side * (x1 - edge) <= 0:
            kept.append((x1, y1))
    return [*kept, kept[0]] if kept else []


def area(ring: Ring) -> float:
    """Signed area in square degrees, positive where the ring runs counterclockwise."""
    return sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in pairwise(ring)) / 2


def flat_rings(ring: Ring, *, hole: bool) -> list[Ring]:
    """The ring on a flat map: rounded pieces within +-180, holes clockwise."""
    pieces = []
    for shift in (-360, 0, 360):
        moved = [(lon + shift, lat) for lon, lat in unwrapped(ring)]
        piece = clipped(clipped(moved, 180, 1), -180, -1)
        piece = [(round(lon, DECIMALS), round(lat, DECIMALS)) for lon, lat in piece]
        # Rounding makes neighbours equal, and a touch of the edge is no land.
        piece = piece[:1] + [b for a, b in pairwise(piece) if a != b]
        if len(piece) > 3 and area(piece) != 0:
            pieces.append(piece if (area(piece) < 0) == hole else piece[::-1])
    return pieces


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, tarfile.open(archive(folder)) as tar:
        source = tar.extractfile("package/land-110m.json")
        if source is None:
            sys.exit("land-110m.json is not a file in the archive")
        topology = json.load(source)

    arcs = decoded_arcs(topology)
    rings = [
        piece
        for shape in topology["objects"]["land"]["geometries"]
        for polygon in shape["arcs"]
        for place, numbers in enumerate(polygon)
        for piece in flat_rings(joined(numbers, arcs), hole=place > 0)
    ]

    TARGET.parent.mkdir(parents=True, exist_ok=True)
    lines = ",\n".join(json.dumps(ring, separators=(",", ":")) for ring in rings)
    TARGET.write_text(f'{{"rings":[\n{lines}\n]}}\n', encoding="utf-8")
    print(f"{TARGET}: {len(rings)} rings, {sum(map(len, rings))} points")


if __name__ == "__main__":
    main()

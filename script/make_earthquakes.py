"""Write examples/data/earthquakes.csv: one week of earthquakes, all of them.

    python script/make_earthquakes.py [vega-datasets-3.2.1.tgz]

The source is data/earthquakes.json of the npm package vega-datasets 3.2.1, a feed of
the USGS (public domain). Without the archive `npm pack` fetches it.
"""

from __future__ import annotations

import csv
import json
import subprocess
import sys
import tarfile
import tempfile
from datetime import datetime, timedelta, timezone
from pathlib import Path

PACKAGE = "vega-datasets@3.2.1"
TARGET = Path(__file__).resolve().parent.parent / "examples" / "data" / "earthquakes.csv"


def archive(folder: str) -> Path:
    """The package's archive: the one given, or fetched into `folder`."""
    if len(sys.argv) > 1:
        return Path(sys.argv[1])
    subprocess.run(["npm", "pack", "--silent", PACKAGE], cwd=folder, check=True)
    return next(Path(folder).glob("*.tgz"))


def iso(milliseconds: int) -> str:
    """Milliseconds since 1970 as ISO 8601, UTC; integers only, so nothing is rounded."""
    time = datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(milliseconds=milliseconds)
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, tarfile.open(archive(folder)) as tar:
        source = tar.extractfile("package/data/earthquakes.json")
        if source is None:
            sys.exit("data/earthquakes.json is not a file in the archive")
        quakes = json.load(source)["features"]

    TARGET.parent.mkdir(parents=True, exist_ok=True)
    with TARGET.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["time", "longitude", "latitude", "depth", "magnitude"])
        # The feed has the newest first. Numbers stay as they stand there.
        for quake in sorted(quakes, key=lambda quake: quake["properties"]["time"]):
            about = quake["properties"]
            table.writerow([iso(about["time"]), *quake["geometry"]["coordinates"], about["mag"]])
    print(f"{TARGET}: {len(quakes)} earthquakes")


if __name__ == "__main__":
    main()

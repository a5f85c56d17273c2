#!/usr/bin/env python3
"""Make gpuheat/data/epsg.json: which EPSG codes are geographic and which are projected.

    pip install pyproj && python script/make_epsg.py

Reads the database that pyproj carries.
"""

from __future__ import annotations

import json
from pathlib import Path

from pyproj.database import get_codes
from pyproj.enums import PJType

OUT = Path(__file__).resolve().parent.parent / "gpuheat" / "data" / "epsg.json"

KINDS = {"geographic": PJType.GEOGRAPHIC_2D_CRS, "projected": PJType.PROJECTED_CRS}
# A GeoTIFF key is a number of 16 bits; those from here on are not EPSG's (GeoTIFF 1.1, 7.4.4).
LAST_CODE = 32766


def runs(codes: list[int], others: set[int]) -> list[tuple[int, int]]:
    """Join codes into (first, last), over gaps that no other system lies in."""
    found: list[tuple[int, int]] = []
    for code in codes:
        if found and others.isdisjoint(range(found[-1][1] + 1, code)):
            found[-1] = found[-1][0], code
        else:
            found.append((code, code))
    return found


def main() -> None:
    every = {int(code) for code in get_codes("EPSG", PJType.CRS, allow_deprecated=True)}
    lines = []
    for name, kind in KINDS.items():
        codes = sorted(int(code) for code in get_codes("EPSG", kind, allow_deprecated=True))
        codes = [code for code in codes if code <= LAST_CODE]
        # Of codes that are no system's only the few between two of a kind are taken in.
        lines.append(f'"{name}": {json.dumps(runs(codes, every - set(codes)))}')
    OUT.write_text("{" + ",\n".join(lines) + "}\n")
    print(f"{OUT.name}: {OUT.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()

"""Records: JSON objects with a point's numbers as members, one in each line or in a list."""

from __future__ import annotations

import json
import re

from gpuheat.points.content import Content
from gpuheat.points.database import Cursor, Relation, escaped, need_database, quoted
from gpuheat.points.geojson import GeoJsonTable
from gpuheat.points.relation import RelationTable
from gpuheat.points.spool import Spool
from gpuheat.points.table import Table

# Every object of GeoJSON names its type, and none of these is a record's.
_GEOJSON = re.compile(
    rb'"type"\s*:\s*"(Feature|FeatureCollection|(Multi)?(Point|LineString|Polygon)'
    rb'|GeometryCollection)"'
)


def json_table(content: Content) -> Table:
    """Read GeoJSON, or records.

    Raises
    ------
    GpuheatError
        As `GeoJsonTable`; a `MissingPackageError`, if there are records and no DuckDB.
    """
    return _records(content) if _are_records(content.head) else GeoJsonTable(content)


def _are_records(head: bytes) -> bool:
    """Say whether a text begins with an object of numbers, texts and so on, or a list of such."""
    text = head.decode("utf-8-sig", errors="replace").lstrip(" \t\r\n\x1e[")
    if _GEOJSON.search(head):
        return False
    try:
        first, _ = json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError):
        return False  # The reader of GeoJSON says what is wrong.
    return isinstance(first, dict) and "type" not in first and "features" not in first


def _records(content: Content) -> RelationTable:
    need_database(f"reading JSON records ({content.label})")
    kept = Spool.of(content)
    path = escaped(kept.path)

    def start(cursor: Cursor) -> Relation:
        relation = cursor.read_json(path)
        # A member that is a number here and a text there is JSON to DuckDB.
        return relation.project(
            ", ".join(
                f"json_extract_string({quoted(name)}, '$') AS {quoted(name)}"
                if str(kind) == "JSON"
                else quoted(name)
                for name, kind in zip(relation.columns, relation.types, strict=True)
            )
        )

    return RelationTable(content.label, start, kept=kept)

"""Documents: JSON texts in a row, whose features are handed over one by one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from json import JSONDecodeError, JSONDecoder

# Also the mark that may begin each text of a sequence (RFC 8142).
_BLANKS = re.compile("[ \t\r\n\x1e]*")

_parse = JSONDecoder().raw_decode


def read_documents(text: str, add_feature: Callable[[object], None]) -> Iterator[object]:
    """Read one JSON text after the other.

    What stands in a list "features" of the outermost object is parsed, handed over and
    let go, item by item: kept together, a million dicts cost more time in the garbage
    collector than in the parser, and ten times the memory of the text.

    Parameters
    ----------
    text : str
        One JSON text, or several, with blanks or nothing between them.
    add_feature : callable
        Takes each item of "features", while the generator runs.

    Yields
    ------
    object
        Each text's value, its "features" an empty list if it was a list.

    Raises
    ------
    json.JSONDecodeError
        If it is not JSON. A `ValueError`, if a number has more digits than Python reads.
    RecursionError
        If it is nested too deeply.
    """
    at = _skip(text, 0)
    while at < len(text):
        if text[at] == "{":
            document: dict[str, object] = {}
            at = _read_members(text, at, document, add_feature)
            yield document
        else:
            value, at = _parse(text, at)
            yield value
        at = _skip(text, at)


def _read_members(
    text: str, at: int, document: dict[str, object], add_feature: Callable[[object], None]
) -> int:
    """Read an object's members from its brace on; return where it ends."""
    at = _skip(text, at + 1)
    if text.startswith("}", at):
        return at + 1
    while True:
        if not text.startswith('"', at):
            raise JSONDecodeError("Expecting a name in quotes", text, at)
        name, at = _parse(text, at)
        at = _skip(text, at)
        if not text.startswith(":", at):
            raise JSONDecodeError("Expecting ':'", text, at)
        at = _skip(text, at + 1)
        if name == "features" and text.startswith("[", at):
            document[name], at = [], _read_features(text, at, add_feature)
        else:
            document[name], at = _parse(text, at)
        at, is_last = _next_item(text, at, "}")
        if is_last:
            return at


def _read_features(text: str, at: int, add_feature: Callable[[object], None]) -> int:
    """Read a list's items from its bracket on; return where it ends."""
    at = _skip(text, at + 1)
    if text.startswith("]", at):
        return at + 1
    while True:
        feature, at = _parse(text, at)
        add_feature(feature)
        at, is_last = _next_item(text, at, "]")
        if is_last:
            return at


def _next_item(text: str, at: int, end: str) -> tuple[int, bool]:
    """Go on to the next item or past the end; say which."""
    at = _skip(text, at)
    if text.startswith(end, at):
        return at + 1, True
    if not text.startswith(",", at):
        raise JSONDecodeError(f"Expecting ',' or '{end}'", text, at)
    return _skip(text, at + 1), False


def _skip(text: str, at: int) -> int:
    found = _BLANKS.match(text, at)
    return found.end() if found else at

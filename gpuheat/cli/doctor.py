"""``gpuheat doctor``: print what can draw here, and what to do about the rest."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator

from gpuheat import budget
from gpuheat.cli import messages
from gpuheat.cli.diagnosis import OPTIONAL_PACKAGES, Diagnosis, diagnose
from gpuheat.cli.options import Parser
from gpuheat.cli.probe import Probe
from gpuheat.gl import opening

_INDENT = " " * 10
# The order in which `open_context` looks.
_ORDER = "EGL hardware, EGL software, OSMesa, NumPy"


def parser() -> Parser:
    """Make the parser of this command."""
    made = Parser(
        "doctor",
        "Tell which devices can draw here, and what to do about the others.",
        f"exit status: 0 where gpuheat draws, 1 where the device that {opening.VARIABLE} names\n"
        "does not open, or a device draws wrongly",
    )
    made.add_argument("--json", action="store_true", help="tell it as JSON")
    return made


def run(args: argparse.Namespace) -> int:
    """Print the diagnosis; 0 where gpuheat draws, and draws right."""
    found = diagnose()
    if args.json:
        messages.result(json.dumps(found.as_dict(), indent=2))
    else:
        for line in report(found):
            messages.result(messages.printable(line))
    return 0 if found.ok else 1


def report(found: Diagnosis) -> Iterator[str]:
    """Write a diagnosis as lines for people."""
    versions = dict(found.versions)
    yield ", ".join(f"{name} {versions.pop(name)}" for name in ("gpuheat", "Python", "platform"))
    yield ", ".join(f"{name} {version or 'absent'}" for name, version in versions.items())
    if absent := [name for name in OPTIONAL_PACKAGES if versions[name] is None]:
        yield f'{", ".join(absent)}: optional, for speed: pip install "gpuheat[fast]"'
    yield ""
    yield from _devices(found)
    yield ""
    for each in found.probes:
        yield from _probe(each)
    yield ""
    yield from _choice(found)
    if found.memory:
        yield f"memory a picture may take: {found.memory} ({budget.VARIABLE} sets it)"
    yield ""
    if found.ok:
        yield "All is well: what opens draws right."
    for problem in found.problems:
        yield f"PROBLEM: {problem}"


def _devices(found: Diagnosis) -> Iterator[str]:
    if found.listing.error:
        yield f"EGL lists no devices: {found.listing.error}"
        yield from _remedy(found.listing.remedy)
        return
    yield f"EGL lists {len(found.listing.devices)} device(s)"
    for device in found.listing.devices:
        kind = "software" if device["software"] else "hardware"
        yield f"{device['name']:10}{kind}, {device['extensions'] or 'no extensions'}"


def _probe(each: Probe) -> Iterator[str]:
    if not each.opened:
        yield f"{each.device:10}does not open: {each.error}"
        yield from _remedy(each.remedy)
        return
    kind = "on the processor" if each.software else "on the GPU"
    version = f", OpenGL {each.version}" if each.version else ""
    vendor = f", EGL by {each.vendor}" if each.vendor else ""
    yield f"{each.device:10}{each.renderer}{version}{vendor}, {kind}"
    if each.limits is not None:
        told = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in each.limits.items())
        yield f"{_INDENT}limits: {told}"
    yield f"{_INDENT}self-test: {each.self_test} ({each.seconds:.2f} s)"


def _choice(found: Diagnosis) -> Iterator[str]:
    """Say which device draws, and why this one."""
    auto = found.auto
    what = f"{opening.VARIABLE}={found.variable}" if found.variable else "device auto"
    if not auto.opened:
        yield f"{what} does not open: {auto.error}"
        yield from _remedy(auto.remedy)
        return
    why = "as it says" if found.variable else f"the first that opens of {_ORDER}"
    yield f"{what} takes {auto.opened} ({auto.name}): {why}"
    if auto.attempts:
        tried = ", ".join(attempt["device"] for attempt in auto.attempts)
        yield f"{_INDENT}tried before it, see above: {tried}"


def _remedy(advice: str) -> Iterator[str]:
    if advice:
        yield f"{_INDENT}remedy: {advice}"

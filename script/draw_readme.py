"""Draw docs/pictures/earthquakes.png, the README's picture, from the data in examples/.

python script/draw_readme.py [folder]
"""

from __future__ import annotations

import sys
from pathlib import Path

import gpuheat

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "pictures"
    folder.mkdir(parents=True, exist_ok=True)
    picture = gpuheat.render(
        ROOT / "examples" / "data" / "earthquakes.csv",
        weights="magnitude",
        area=((-180, -62), (180, 86)),
        size=1280,
        dotsize=22,
        tone="log",
        background="land",
    )
    # Picture.save writes fast; this file is written once and fetched often.
    target = folder / "earthquakes.png"
    picture.image.convert("RGB").save(target, optimize=True)
    print(f"{target}: {target.stat().st_size / 1000:.0f} kB, {picture.engine}")


if __name__ == "__main__":
    main()

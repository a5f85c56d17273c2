"""Find the colors of categories: print `color/swatches.py`'s palette.

The first seven are those of Okabe and Ito (Color Universal Design, 2008), without black, which
vanishes on dark maps. Each further one is, of all colors of middling lightness on a grid of sRGB,
the one whose least distance to those before it is largest (the greedy way of Glasbey et al.,
2007): in OKLab (Ottosson, 2020), as seen by people with normal sight, without L cones and without
M cones (Machado, Oliveira and Fernandes, 2009), whichever of the three is least.
"""

from __future__ import annotations

from itertools import product

import numpy as np
from numpy.typing import NDArray

OKABE_ITO = ("e69f00", "56b4e9", "009e73", "f0e442", "0072b2", "d55e00", "cc79a7")
N_COLORS = 16
STEP = 8
# Lighter ones are lost on white pages, darker ones on dark maps.
LIGHTNESS = 0.42, 0.92

SIGHTS = (
    np.eye(3),
    np.array(  # without L cones
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    np.array(  # without M cones
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
)
TO_CONES = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)


def seen(colors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return colors (n, 3) of 0..255 in OKLab, by each sight: (3, n, 3)."""
    srgb = colors / 255
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    sights = [np.clip(linear @ sight.T, 0, 1) for sight in SIGHTS]
    return np.array([np.cbrt(light @ TO_CONES.T) @ TO_LAB.T for light in sights])


def main() -> None:
    """Print the palette."""
    steps = [*range(0, 256, STEP), 255]
    colors = np.array(list(product(steps, repeat=3)), np.float64)
    lightness = seen(colors)[0, :, 0]
    colors = colors[(lightness > LIGHTNESS[0]) & (lightness < LIGHTNESS[1])]
    places = seen(colors)
    chosen = [np.array(list(bytes.fromhex(color)), np.float64) for color in OKABE_ITO]
    nearest = np.full(len(colors), np.inf)
    taken = 0
    while True:
        for color in chosen[taken:]:
            distance = np.linalg.norm(places - seen(color[None])[:, :1], axis=2).min(axis=0)
            nearest = np.minimum(nearest, distance)
        taken = len(chosen)
        if taken == N_COLORS:
            break
        best = int(np.argmax(nearest))
        print(f"# least distance {nearest[best]:.3f}")
        chosen.append(colors[best])
    for color in chosen:
        print(bytes(color.astype(np.uint8).tolist()).hex())


if __name__ == "__main__":
    main()

"""World and pixels: areas, grids, the land."""

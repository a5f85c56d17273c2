"""Points to density: the dot, the ways to sum it, and the sum."""

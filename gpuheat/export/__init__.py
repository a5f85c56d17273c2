"""One writer per file format; they take arrays and an area."""

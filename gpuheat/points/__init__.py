"""Points in: arrays, tables, files and streams, checked once at the door."""

"""One SQLite file through sqlite-utils, one module per kind of row; the only code to touch it."""

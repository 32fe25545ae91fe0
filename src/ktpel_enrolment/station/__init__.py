"""One recording station: its devices and their spares, and the people who work at it."""

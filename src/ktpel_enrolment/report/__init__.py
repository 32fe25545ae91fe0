"""The report of a visit: one self-contained page."""

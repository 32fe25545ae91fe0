"""Hypothesis: no deadline on busy machines; in CI the same examples at every run, fresh ones elsewhere."""

import os

from hypothesis import settings

settings.register_profile("default", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "default")

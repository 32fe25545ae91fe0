"""What all tests share: where the real samples are, and how to live without them."""

from pathlib import Path

import pytest

SHARED = Path(__file__).parents[1] / ".." / "shared" / "data"


def shared_data(name: str) -> Path:
    """A file or folder of the real samples beside the checkout; skips the test where they are absent."""
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"needs ../shared/data/{name}, which is not beside this checkout")
    return path

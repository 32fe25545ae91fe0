"""Order statistics against NumPy's own."""

import numpy as np
import pytest
from hypothesis import given, strategies as st
from hypothesis.extra.numpy import arrays

from ktpel_capture.imaging.ranks import median, percentile

shapes = st.tuples(st.integers(1, 9), st.integers(1, 13))
pictures = arrays(np.uint8, shapes) | arrays(np.float32, shapes, elements=st.floats(-1e3, 1e3, width=32))


@given(pictures, st.floats(0, 100))
def test_a_percentile_is_numpys(values, percent):
    assert percentile(values, percent) == pytest.approx(
        np.percentile(values.astype(float), percent), abs=1e-4, rel=1e-6
    )


@given(pictures)
def test_half_lie_under_the_median(values):
    assert median(values) == pytest.approx(float(np.median(values.astype(float))), abs=1e-4)
    assert np.count_nonzero(values < median(values)) <= values.size / 2

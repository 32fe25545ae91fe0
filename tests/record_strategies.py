"""Samples for the record tests to draw from: small, never square, with whole milliseconds."""

from datetime import UTC, datetime

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import ktpel_capture as kc
from ktpel_capture.samples import EYES, POSITIONS, CaptureInfo

sizes = st.tuples(st.integers(16, 60), st.integers(16, 60))
grey = sizes.flatmap(lambda size: arrays(np.uint8, size))
colour = sizes.flatmap(lambda size: arrays(np.uint8, (*size, 3)))
moments = st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1)).map(
    lambda at: at.replace(microsecond=at.microsecond // 1000 * 1000, tzinfo=UTC)
)
captures = moments.map(lambda at: CaptureInfo(at=at))
fingers = st.builds(
    kc.FingerprintSample,
    grey,
    ppi=st.integers(250, 2000).map(float),
    position=st.sampled_from(POSITIONS),
    impression=st.sampled_from(["unknown", "live_plain", "live_rolled", "nonlive_plain", "nonlive_rolled", "swipe"]),
    capture=captures,
)
eyes = st.builds(kc.IrisSample, grey, eye=st.sampled_from(EYES), capture=captures)
faces = st.builds(kc.FaceSample, colour, capture=captures)
samples = st.one_of(fingers, eyes, faces)


def same(left, right):
    """Whether a sample came back whole."""
    return left.digest == right.digest and left.capture.at == right.capture.at and right.capture.edits == ()

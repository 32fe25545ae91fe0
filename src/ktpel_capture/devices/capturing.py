"""One line for one presentation: present, take, iterate."""

from __future__ import annotations

from typing import TypeVar

from ktpel_capture.cancel import NEVER, CancelToken
from ktpel_capture.devices.protocols import CaptureDevice, Kind
from ktpel_capture.requests import PenPoints

RequestT = TypeVar("RequestT")
FrameT = TypeVar("FrameT")
SampleT = TypeVar("SampleT")

_INK_RESTS = 1.5
"""Seconds without the pen on the pad after which a signature counts as complete, where nobody presses OK."""


def capture(
    device: CaptureDevice[RequestT, FrameT, SampleT],
    request: RequestT,
    *,
    timeout: float,
    cancel: CancelToken = NEVER,
) -> tuple[SampleT, ...]:
    """Capture one presentation without looking at it: no live view, no judgement.

    The device is told at once to capture; a signature pad when the pen has rested for 1.5 s after the first stroke.

    Parameters
    ----------
    device : an open capture device of any kind.
    request : what to capture, of the device's own request type.
    timeout : seconds for the whole call.
    cancel : calls it off from another thread.

    Returns
    -------
    The samples: one a slap, two of a binocular iris scanner.

    Raises
    ------
    DeviceError : `CaptureTimeout`, `CaptureCancelled`, `DeviceDisconnected` and others.
    """
    with device.present(request, timeout=timeout, cancel=cancel) as presentation:
        if device.info.kind is not Kind.SIGNATURE_PAD:
            presentation.take()
        touched: float | None = None
        for frame in presentation:
            if isinstance(frame, PenPoints):
                if frame.pen_down.any():
                    touched = frame.monotonic
                elif touched is not None and frame.monotonic - touched >= _INK_RESTS:
                    presentation.take()
        return presentation.samples

"""The maker's C library through ctypes: types, codes and nothing else."""

from __future__ import annotations

import ctypes
import os
from ctypes import CFUNCTYPE, POINTER, c_char_p, c_int, c_ubyte, c_uint, c_void_p
from functools import cache

OK, NO_DEVICE, BUSY, UNPLUGGED, CALIBRATE, WRONG_THREAD, CLOSED = 0, -1, -2, -3, -4, -5, -6
WIDTH, HEIGHT, PPI, RATE = 300, 400, 500.0, 30.0

FrameCallback = CFUNCTYPE(None, POINTER(c_ubyte), c_uint, c_int, c_void_p)
ResultCallback = CFUNCTYPE(None, c_int, POINTER(c_ubyte), c_uint, c_int, c_void_p)


@cache
def library() -> ctypes.CDLL:
    """The shared library; ``ACME_SDK`` says where it is, otherwise the system looks for it."""
    lib = ctypes.CDLL(os.environ.get("ACME_SDK", "libacme.so"))
    lib.acme_serial.argtypes = [c_int, c_char_p, c_int]
    lib.acme_firmware.restype = c_char_p
    lib.acme_text.argtypes = [c_int]
    lib.acme_text.restype = c_char_p
    lib.acme_open.argtypes = [c_char_p, POINTER(c_void_p)]
    lib.acme_status.argtypes = [c_void_p, POINTER(c_int)]
    lib.acme_start.argtypes = [c_void_p, c_int, FrameCallback, ResultCallback, c_void_p]
    lib.acme_stop.argtypes = [c_void_p]
    lib.acme_close.argtypes = [c_void_p]
    return lib


def text(code: int) -> str:
    """What the SDK says of a code."""
    said: bytes = library().acme_text(code)
    return said.decode()


def serials() -> list[str]:
    """Serial numbers of the devices that are plugged in."""
    buffer = ctypes.create_string_buffer(32)
    count: int = library().acme_count()
    return [buffer.value.decode() for index in range(count) if library().acme_serial(index, buffer, 32) == OK]

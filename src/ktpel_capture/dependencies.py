"""When a package or a system library is missing: which command mends it."""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.metadata import distributions
from types import ModuleType

from ktpel_capture.errors import DependencyMissing

_OPENCV_WHEELS = (
    "opencv-python",
    "opencv-contrib-python",
    "opencv-python-headless",
    "opencv-contrib-python-headless",
)
_DEBIAN = {
    "libGL.so.1": "libgl1",
    "libEGL.so.1": "libegl1",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libgthread-2.0.so.0": "libglib2.0-0",
    "libxcb.so.1": "libxcb1",
    "libpcsclite.so.1": "libpcsclite1",
}


def require(module: str, extra: str) -> ModuleType:
    """Import a package that belongs to an extra.

    Raises
    ------
    DependencyMissing : it is not installed; the remedy is the command that installs the extra.
    """
    try:
        return import_module(module)
    except ImportError as error:
        raise DependencyMissing(
            f"the package {module!r} cannot be imported ({error})",
            remedy=f"Install it with: pip install 'ktpel-capture[{extra}]'",
            code="dependency.extra_missing",
        ) from error


def opencv_wheels() -> tuple[str, ...]:
    """The OpenCV wheels installed here; more than one overwrite each other's files."""
    names = {(distribution.metadata["Name"] or "").lower() for distribution in distributions()}
    return tuple(wheel for wheel in _OPENCV_WHEELS if wheel in names)


def explained(error: ImportError) -> ImportError:
    """The same failure with the command that mends it, where there is one; else the error as it was.

    Covers what stops ``import cv2``: a missing system library on Linux, the C++ runtime on Windows, and two OpenCV
    wheels in one environment; and any package that is not installed at all.
    """
    if isinstance(error, DependencyMissing):
        return error
    text = str(error)
    wheels = opencv_wheels()
    about_cv2 = (error.name or "").startswith("cv2") or "cv2" in text or "libGL" in text
    if about_cv2 and len(wheels) > 1:
        return DependencyMissing(
            f"cv2 cannot be used: {' and '.join(wheels)} are installed together and overwrite each other ({text})",
            remedy=f"Run: pip uninstall -y {' '.join(wheels)} && pip install opencv-python",
            code="dependency.two_opencv_wheels",
        )
    for library, package in _DEBIAN.items():
        if library in text:
            return DependencyMissing(
                f"the system library {library} is missing ({text})",
                remedy=f"On Debian or Ubuntu run: sudo apt-get install {package} (Fedora: dnf provides '*/{library}')",
                code="dependency.system_library_missing",
            )
    if about_cv2 and sys.platform == "win32" and "DLL load failed" in text:
        return DependencyMissing(
            f"OpenCV cannot be loaded ({text})",
            remedy="Install the Microsoft Visual C++ runtime: winget install Microsoft.VCRedist.2015+.x64",
            code="dependency.system_library_missing",
        )
    missing = error.name or ""
    if isinstance(error, ModuleNotFoundError) and missing and not missing.startswith("ktpel"):
        package = "opencv-python" if missing == "cv2" else missing.split(".")[0]
        return DependencyMissing(
            f"the package {package!r} is not installed", remedy=f"Run: pip install --upgrade {package}"
        )
    return error


def libusb_missing(error: BaseException) -> DependencyMissing | None:
    """What to say when pyusb finds no libusb to talk through; None for any other error."""
    if type(error).__name__ != "NoBackendError":
        return None
    remedy = {
        "win32": "Run: pip install libusb-package (or install the device's WinUSB driver with Zadig)",
        "darwin": "Run: brew install libusb",
    }.get(sys.platform, "On Debian or Ubuntu run: sudo apt-get install libusb-1.0-0")
    return DependencyMissing(
        "pyusb finds no libusb library, so no USB device can be reached",
        remedy=remedy,
        code="dependency.system_library_missing",
    )

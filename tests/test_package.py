import subprocess
import sys

import pytest

import ktpel_capture as kc
from ktpel_capture import dependencies, errors
from ktpel_capture.errors import CaptureTimeout, DependencyMissing, DeviceError, KtpelError, UnreadableFile


def test_importing_the_package_loads_neither_numpy_nor_opencv_nor_a_plug_in():
    program = (
        "import sys; before = set(sys.modules); import ktpel_capture; new = set(sys.modules) - before;"
        "heavy = {name.partition('.')[0] for name in new} & {'numpy', 'cv2', 'scipy', 'msgspec', 'PIL', 'typer'};"
        "sys.exit(repr(heavy) if heavy else 0)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


@pytest.mark.parametrize("name", kc.__all__)
def test_every_public_name_is_there(name):
    assert getattr(kc, name) is not None
    assert name in dir(kc)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="asess"):
        kc.asess


def test_every_error_has_a_code_of_its_own_and_hangs_on_one_tree():
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, KtpelError)]
    assert len({kind.code for kind in kinds}) == len(kinds)


def test_a_device_error_says_what_where_which_value_and_what_next():
    error = CaptureTimeout(
        "zfm:///dev/ttyUSB0", "no finger was placed on the sensor", waited=10, advice="Press harder."
    )
    assert str(error) == "zfm:///dev/ttyUSB0: no finger was placed on the sensor within 10 s. Press harder."
    assert isinstance(error, DeviceError)
    assert (error.address, error.waited, error.advice) == ("zfm:///dev/ttyUSB0", 10, "Press harder.")


def test_a_file_error_names_the_file_first():
    error = UnreadableFile("a/b.png", "ends after 12 bytes", remedy="Copy it again.")
    assert str(error) == "a/b.png: ends after 12 bytes. Copy it again."


def test_a_missing_system_library_is_answered_with_the_command_that_brings_it():
    answer = dependencies.explained(ImportError("libGL.so.1: cannot open shared object file", name="cv2"))
    assert isinstance(answer, DependencyMissing)
    assert "libgl1" in answer.remedy


def test_two_opencv_wheels_are_answered_with_the_command_that_leaves_one(monkeypatch):
    monkeypatch.setattr(dependencies, "opencv_wheels", lambda: ("opencv-python", "opencv-python-headless"))
    answer = dependencies.explained(ImportError("cannot import name 'x' from 'cv2'", name="cv2"))
    assert isinstance(answer, DependencyMissing)
    assert "pip uninstall -y opencv-python opencv-python-headless && pip install opencv-python" in answer.remedy


def test_windows_without_its_c_runtime_is_answered_with_the_runtime(monkeypatch):
    monkeypatch.setattr(dependencies.sys, "platform", "win32")
    answer = dependencies.explained(ImportError("DLL load failed while importing cv2", name="cv2"))
    assert isinstance(answer, DependencyMissing)
    assert "VCRedist" in answer.remedy


def test_a_missing_extra_is_answered_with_its_name():
    with pytest.raises(DependencyMissing, match=r"pip install 'ktpel-capture\[wsq\]'"):
        dependencies.require("no_such_package_anywhere", "wsq")


def test_pyusb_without_libusb_is_answered_with_libusb():
    usb_core = pytest.importorskip("usb.core")
    answer = dependencies.libusb_missing(usb_core.NoBackendError("No backend available"))
    assert answer is not None
    assert "libusb" in answer.remedy
    assert dependencies.libusb_missing(OSError("no device")) is None


def test_a_package_that_fails_to_import_is_explained_through_the_lazy_names(tmp_path):
    (tmp_path / "cv2.py").write_text("raise ImportError('libGL.so.1: cannot open shared object file', name='cv2')")
    program = (
        "import ktpel_capture as kc\ntry:\n    kc.fingerprint.analyse\nexcept ImportError as e:\n    print(e.remedy)"
    )
    environment = {"PYTHONPATH": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=environment, check=True)
    assert "libgl1" in done.stdout

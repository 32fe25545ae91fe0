"""The type checker reads this file: every driver is what its protocol says. Nothing here is run."""

from ktpel_capture.devices import faulty, protocols
from ktpel_capture.devices.drivers.folder import FolderDevice
from ktpel_capture.devices.drivers.volume import FolderVolume
from ktpel_capture.devices.drivers.zfm.driver import ZfmScanner
from ktpel_capture.devices.drivers.zfm.firmware import Firmware as ZfmFirmware
from ktpel_capture.devices.simulators.backup import SimulatedDrive
from ktpel_capture.devices.simulators.face import SimulatedFaceCamera
from ktpel_capture.devices.simulators.fingerprint import SimulatedFingerprintScanner
from ktpel_capture.devices.simulators.iris import SimulatedIrisScanner
from ktpel_capture.devices.simulators.printer import SimulatedCardPrinter
from ktpel_capture.devices.simulators.reader import SimulatedCardReader
from ktpel_capture.devices.simulators.signature import SimulatedSignaturePad
from ktpel_capture.devices.simulators.uplink import SimulatedUplink
from ktpel_capture.devices.transports import Firmware, Transport
from ktpel_capture.devices.transports.faulty import FaultyTransport
from ktpel_capture.devices.transports.loopback import Loopback
from ktpel_capture.devices.transports.recorded import RecordingTransport, ReplayFirmware
from ktpel_capture.devices.transports.serial import SerialTransport


def simulated_fingerprint_scanner(it: SimulatedFingerprintScanner) -> protocols.FingerprintScanner:
    return it


def simulated_iris_scanner(it: SimulatedIrisScanner) -> protocols.IrisScanner:
    return it


def simulated_face_camera(it: SimulatedFaceCamera) -> protocols.FaceCamera:
    return it


def simulated_signature_pad(it: SimulatedSignaturePad) -> protocols.SignaturePad:
    return it


def simulated_card_reader(it: SimulatedCardReader) -> protocols.CardReader:
    return it


def simulated_card_printer(it: SimulatedCardPrinter) -> protocols.CardPrinter:
    return it


def simulated_drive(it: SimulatedDrive) -> protocols.BackupVolume:
    return it


def simulated_uplink(it: SimulatedUplink) -> protocols.Uplink:
    return it


def zfm_scanner(it: ZfmScanner) -> protocols.FingerprintScanner:
    return it


def folder_volume(it: FolderVolume) -> protocols.BackupVolume:
    return it


def folder_device(it: FolderDevice) -> protocols.SignaturePad:
    return it


def loopback(it: Loopback) -> Transport:
    return it


def serial_transport(it: SerialTransport) -> Transport:
    return it


def faulty_transport(it: FaultyTransport) -> Transport:
    return it


def recording_transport(it: RecordingTransport) -> Transport:
    return it


def zfm_firmware(it: ZfmFirmware) -> Firmware:
    return it


def replay_firmware(it: ReplayFirmware) -> Firmware:
    return it


def faulty_reader(it: faulty.FaultyReader) -> protocols.CardReader:
    return it


def faulty_printer(it: faulty.FaultyPrinter) -> protocols.CardPrinter:
    return it


def faulty_volume(it: faulty.FaultyVolume) -> protocols.BackupVolume:
    return it


def faulty_uplink(it: faulty.FaultyUplink) -> protocols.Uplink:
    return it

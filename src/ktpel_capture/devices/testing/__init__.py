"""The conformance kit: whether a driver keeps the promises of `devices.protocols`.

One class a kind of device; inherit it, name an address, and run pytest::

    from ktpel_capture.devices.testing import FingerprintScannerKit

    class TestMine(FingerprintScannerKit):
        address = "acme:0"

Every ``test_*`` method is one check, and says in its failure what was promised. The kit's hands are a `Rig`: a
simulated device is presented to, pulled out and plugged in by program; on hardware a person is asked (`ManualRig`),
and a check whose hands are missing is skipped with the reason. Checks stand in the order of what the person must do:
first those that need nobody, then those with a finger on the glass, then without, last the cable.
"""

from ktpel_capture.devices.testing.capture import CaptureKit
from ktpel_capture.devices.testing.desk import BackupVolumeKit, CardPrinterKit, CardReaderKit, UplinkKit
from ktpel_capture.devices.testing.kinds import FaceCameraKit, FingerprintScannerKit, IrisScannerKit, SignaturePadKit
from ktpel_capture.devices.testing.kit import Broken, DeviceKit
from ktpel_capture.devices.testing.rig import ManualRig, Rig, SimulatedRig

__all__ = [
    "BackupVolumeKit",
    "Broken",
    "CaptureKit",
    "CardPrinterKit",
    "CardReaderKit",
    "DeviceKit",
    "FaceCameraKit",
    "FingerprintScannerKit",
    "IrisScannerKit",
    "ManualRig",
    "Rig",
    "SignaturePadKit",
    "SimulatedRig",
    "UplinkKit",
]

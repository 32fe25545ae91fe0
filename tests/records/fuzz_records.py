"""Coverage-guided fuzzing of the record decoders; run by hand or by ``pytest -m long tests/records/test_fuzz.py``.

    python tests/records/fuzz_records.py -runs=1000000 -max_len=4096 SEEDS

needs the package atheris. No bytes may lead to anything but a record or a `RecordError`; what decodes strictly must
encode to the same bytes (XML to a document that decodes to the same value); samples come out or a `RecordError`.
"""

import importlib
import sys
import tempfile
from pathlib import Path

import numpy as np

PIXELS = "--pixels" in sys.argv
"""Decode the images too: slower, and it exercises the image codecs."""


def one_input(data: bytes) -> None:
    from ktpel_capture import records
    from ktpel_capture.errors import RecordError

    try:
        record, deviations = records.decode_tolerantly(data)
    except RecordError:
        record, deviations = None, ()
    try:
        strict = records.decode(data)
    except RecordError as error:
        assert record is None or deviations, f"only the strict decoder refused: {error}"
        return
    assert strict == record
    assert not deviations
    encoded = records.encode(strict)
    if strict.standard == "CBEFF":
        assert records.decode(encoded) == strict
    else:
        assert encoded == data
    try:
        if callable(getattr(strict, "templates", None)):
            strict.templates()
        if PIXELS:
            strict.samples()
    except RecordError:
        return


def seeds() -> list[bytes]:
    """Small records of every format, their images a few pixels."""
    import ktpel_capture as kc
    from ktpel_capture import records
    from ktpel_capture.records.lds import DataGroup
    from ktpel_capture.templates import Minutiae

    finger = kc.FingerprintSample(np.arange(30, dtype=np.uint8).reshape(6, 5), 500, "left_index")
    eye = kc.IrisSample(np.arange(30, dtype=np.uint8).reshape(6, 5), "left")
    face = kc.FaceSample(np.arange(90, dtype=np.uint8).reshape(6, 5, 3))
    made = [
        records.from_samples([finger, finger], format="19794-4", edition=year, encoding="raw") for year in (2005, 2011)
    ]
    made += [records.from_samples([eye], format="19794-6", edition=year, encoding="raw") for year in (2005, 2011)]
    made += [records.from_samples([face], format="19794-5", edition=2011, encoding="png")]
    made += [records.from_samples([face], format="19794-5", edition=2005, encoding="jpeg")]
    made += [records.from_samples([finger, eye], format=name, encoding="raw") for name in ("an2k", "cbeff")]
    made += [records.from_samples([face], format="39794-5", encoding="jpeg2000_lossless")]
    writer, _truth = kc.signature.grow(1).capture(seed=1)
    pen = kc.SignatureSample(writer.t[:9], writer.x[:9], writer.y[:9])
    made += [records.from_samples([pen], format="19794-7")]
    made += [records.from_samples([finger], format="dg3", encoding="raw"), DataGroup(7, signatures=(b"picture",))]
    template = Minutiae([3.0, 9.0], [4.0, 8.0], [1.0, 2.0], [1, 2], [0.5, 0.9], size=(20, 30))
    made += [records.from_minutiae([template], edition=year) for year in (2005, 2011)]
    made += [records.from_minutiae([template], format="an2k", edition=year) for year in (2007, 2011)]
    found = [records.encode(record) for record in made]
    shared = Path(__file__).parents[2] / ".." / "shared" / "data" / "records"
    found += [path.read_bytes() for path in sorted(shared.glob("minutiae/*.dat"))]
    found += [path.read_bytes() for path in sorted(shared.glob("an2k/*.an2")) if path.stat().st_size < 2000]
    return found


def main() -> None:
    import atheris

    arguments = [argument for argument in sys.argv if argument != "--pixels"]
    with atheris.instrument_imports():
        from ktpel_capture.records.recognition import FORMATS

        for known in FORMATS:
            if known.module:
                importlib.import_module(f"ktpel_capture.records.{known.module}")
    folder = None
    if arguments[-1].startswith("-"):
        folder = Path(tempfile.mkdtemp(prefix="record-seeds-"))
        arguments.append(str(folder))
    atheris.Setup(arguments, one_input)
    if folder is not None:
        for number, seed in enumerate(seeds()):
            (folder / f"{number:02}").write_bytes(seed)
    atheris.Fuzz()


if __name__ == "__main__":
    main()

"""Header de-identification beside a plain copy, pydicom's read and write, and whichever peers are installed.

    python benchmarks/header.py [--files 20] [--seconds 4] [--folder /dev/shm]

Prints files per second on one core for 15 MB DX objects and for header-only objects, and the ratio to a plain copy.
Peers: gdcmanon (on the path), dicognito, dicom-anonymizer (importable); what is absent is left out.
"""

from __future__ import annotations

import argparse
import resource
import shutil
import subprocess
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pydicom
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

from cxrforge.dicom.deidentify import deidentify_object
from cxrforge.dicom.header import DEFAULT_OPTIONS, make_policy
from cxrforge.pseudonym import Pseudonymizer

Work = Callable[[Path, Path], object]


def radiograph(number: int, side: tuple[int, int] | None) -> Dataset:
    """Return a DX object with the header of a clinical system; 15 MB of pixels, or none."""
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.SpecificCharacterSet = "ISO_IR 100"
    ds.ImageType = ["ORIGINAL", "PRIMARY", ""]
    ds.SOPClassUID = "1.2.840.10008.5.1.4.1.1.1.1"
    ds.SOPInstanceUID, ds.StudyInstanceUID, ds.SeriesInstanceUID = (generate_uid() for _ in range(3))
    for keyword in ("StudyDate", "SeriesDate", "AcquisitionDate", "ContentDate", "InstanceCreationDate"):
        setattr(ds, keyword, "20190314")
    for keyword in ("StudyTime", "SeriesTime", "AcquisitionTime", "ContentTime", "InstanceCreationTime"):
        setattr(ds, keyword, "101530.250")
    ds.AccessionNumber, ds.Modality, ds.PresentationIntentType = f"AC{number:07d}", "DX", "FOR PRESENTATION"
    ds.Manufacturer, ds.InstitutionName, ds.StationName = "SIEMENS", "Klinikum Wolkenstein", "DXWOLK1"
    ds.ReferringPhysicianName, ds.OperatorsName = "Grünwald^Anton", "Sommer^Ida"
    ds.StudyDescription, ds.SeriesDescription, ds.ProtocolName = "Thorax PA/LL Wolkenstein", "Thorax PA", "Chest PA"
    ds.PatientName, ds.PatientID, ds.PatientBirthDate, ds.PatientSex = (
        "Müller^Käthe",
        f"{700000 + number}",
        "19511203",
        "F",
    )
    ds.PatientAge, ds.BodyPartExamined, ds.ViewPosition, ds.KVP = "067Y", "CHEST", "PA", "125"
    ds.DeviceSerialNumber, ds.SoftwareVersions, ds.DetectorID = "SN48812", ["VA10", "VB20"], "D4411"
    ds.StudyID, ds.SeriesNumber, ds.InstanceNumber = f"{number}", "1", "1"
    ds.ImagerPixelSpacing = ds.PixelSpacing = ["0.14", "0.14"]
    view = Dataset()
    view.CodeValue, view.CodingSchemeDesignator, view.CodeMeaning = "399348003", "SCT", "postero-anterior"
    ds.ViewCodeSequence = Sequence([view])
    request = Dataset()
    request.RequestedProcedureID, request.ScheduledProcedureStepDescription = "RP1", "Thorax"
    ds.RequestAttributesSequence = Sequence([request])
    ds.private_block(0x0019, "SIEMENS DX", create=True).add_new(1, "LO", "Müller")
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 12, 11, 0
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    if side:
        ds.Rows, ds.Columns = side
        noise = np.random.default_rng(number).integers(0, 4096, side, dtype=np.uint16)
        ds.PixelData = noise.tobytes()
    return ds


def ours(digest: bool) -> Work:
    """Return this package's work; no peer takes a digest of its output, the pipeline does."""
    policy, pseudonyms = make_policy(DEFAULT_OPTIONS, "site"), Pseudonymizer(bytes(range(32)))
    return lambda source, target: deidentify_object(source, target, policy=policy, pseudonyms=pseudonyms, digest=digest)


def read_and_write(source: Path, target: Path) -> None:
    """Read and write with pydicom, every element decoded."""
    ds = pydicom.dcmread(source)
    ds.walk(lambda _ds, _element: None)
    ds.save_as(target)


def peers() -> dict[str, Work]:
    """Return the peers that are installed."""
    found: dict[str, Work] = {}
    try:
        from dicognito.anonymizer import Anonymizer

        anonymizer = Anonymizer(seed="benchmark")

        def dicognito(source: Path, target: Path) -> None:
            ds = pydicom.dcmread(source)
            anonymizer.anonymize(ds)
            ds.save_as(target)

        found["dicognito"] = dicognito
    except ImportError:
        pass
    try:
        from dicomanonymizer import anonymize_dicom_file

        found["dicom-anonymizer"] = lambda source, target: anonymize_dicom_file(str(source), str(target))
    except ImportError:
        pass
    return found


def rate(work: Work, sources: list[Path], folder: Path, seconds: float) -> float:
    """Return files per second of processor time, user and system, so that a busy machine changes little."""
    work(sources[0], folder / "warm.dcm")
    done, start = 0, time.process_time()
    while time.process_time() - start < seconds:
        work(sources[done % len(sources)], folder / f"out{done % len(sources)}.dcm")
        done += 1
    return done / (time.process_time() - start)


def gdcmanon_rate(sources: list[Path], folder: Path) -> float | None:
    """Return gdcmanon's files per second over a whole folder in one process; None where it is not installed."""
    if not shutil.which("gdcmanon"):
        return None
    out = folder / "gdcmanon"
    out.mkdir(exist_ok=True)
    command = ["gdcmanon", "--dumb", "--empty", "10,10", "--remove", "10,20", "--continue"]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([*command, "-r", str(sources[0].parent), str(out)], check=False, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    made = len(list(out.rglob("*.dcm")))
    return made / (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) if made else None


def measure(name: str, side: tuple[int, int] | None, files: int, seconds: float, folder: Path) -> None:
    """Print one table."""
    source_folder = folder / name.replace(" ", "-")
    source_folder.mkdir()
    sources = []
    for number in range(files):
        ds = radiograph(number, side)
        ds.file_meta.MediaStorageSOPClassUID = ds.SOPClassUID
        ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
        sources.append(source_folder / f"{number}.dcm")
        ds.save_as(sources[-1], enforce_file_format=True)
    works: dict[str, Work] = {
        "copy": shutil.copyfile,
        "cxrforge": ours(digest=False),
        "cxrforge with SHA-256": ours(digest=True),
        "pydicom read and write": read_and_write,
    }
    rates: dict[str, float | None] = {}
    for label, work in (works | peers()).items():
        rates[label] = rate(work, sources, folder, seconds)
    rates["gdcmanon --dumb"] = gdcmanon_rate(sources, folder)
    print(f"{name}: {sources[0].stat().st_size / 1e6:.3f} MB each")
    for label, value in rates.items():
        if value is not None:
            print(f"  {label:<24}{value:9.1f} files/s   {value / (rates['copy'] or 1):5.2f} × copy")


def main() -> None:
    """Measure both kinds of files."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--folder", type=Path, default=Path("/dev/shm"))
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory(dir=arguments.folder if arguments.folder.is_dir() else None) as folder:
        measure("15 MB DX", (3072, 2500), arguments.files, arguments.seconds, Path(folder))
        measure("header only", None, arguments.files, arguments.seconds, Path(folder))
    print("floor: at least 0.6 × copy on 15 MB, at least 300 files/s on header-only files")


if __name__ == "__main__":
    main()

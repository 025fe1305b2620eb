"""Examining files beside reading and hashing them, and the books of a large site.

    python benchmarks/ingest.py [--files 20] [--studies 40000]

Prints 15 MB DX images, small images and HL7 reports examined per second on one core, the floor (a plain read with
SHA-256, which examining cannot beat) and the ratio; then how long grouping, pairing and accounting take.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

from cxrforge.ingest.accounting import settle
from cxrforge.ingest.examine import ExaminedFile, examine
from cxrforge.ingest.scan import FoundFile, find_files

HL7 = (
    "MSH|^~\\&|RIS|A|X|X|20200301||ORU^R01|1|P|2.3\rPID|1||P1\rOBR|1|A1|A1|71020\r"
    "OBX|1|TX|71020||Findings: The lungs are clear.||||||F\rOBX|2|TX|71020||Impression: Normal.||||||F\r"
)


def radiograph(number: int, rows: int, columns: int) -> bytes:
    """Return a DX file with a matrix of one value."""
    ds = Dataset()
    ds.SOPClassUID, ds.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.1.1", f"1.2.3.{number}"
    ds.StudyInstanceUID, ds.SeriesInstanceUID, ds.PatientID = "1.2.3", "1.2.3.0", "P1"
    ds.AccessionNumber, ds.Modality, ds.BodyPartExamined, ds.ViewPosition = "A1", "DX", "CHEST", "PA"
    ds.Rows, ds.Columns, ds.BitsAllocated, ds.BitsStored, ds.HighBit = rows, columns, 16, 12, 11
    ds.SamplesPerPixel, ds.PixelRepresentation, ds.PhotometricInterpretation = 1, 0, "MONOCHROME2"
    ds.add_new("PixelData", "OW", number.to_bytes(2, "little") * (rows * columns))
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    buffer = io.BytesIO()
    ds.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def per_second(work: Callable[[FoundFile], object], files: Sequence[FoundFile]) -> float:
    started = time.process_time()
    for file in files:
        work(file)
    return len(files) / (time.process_time() - started)


def read_and_hash(file: FoundFile) -> str:
    with open(file.locator, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def site(image: ExaminedFile, report: ExaminedFile, studies: int) -> list[ExaminedFile]:
    """Return the files of a site: PA and lateral for every second study, a report for each."""
    assert image.image is not None
    files = []
    for number in range(studies):
        patient, accession = f"P{number % 9999}", f"A{number}"
        for view in range(1 + number % 2):
            uid = f"1.2.{number}"
            header = replace(
                image.image,
                study_uid=uid,
                sop_instance_uid=f"{uid}.{view}",
                accession_number=accession,
                patient_id=patient,
            )
            files.append(replace(image, locator=f"i{number}.{view}", sha256=f"i{number}.{view}", image=header))
        document = replace(report.documents[0], accession_numbers=(accession,), patient_id=patient)
        files.append(replace(report, locator=f"r{number}", sha256=f"r{number}", documents=(document,)))
    return files


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--files", type=int, default=20)
    options.add_argument("--studies", type=int, default=40_000)
    asked = options.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        kinds = {
            "15 MB images": [radiograph(n, 2500, 3000) for n in range(asked.files)],
            "small images": [radiograph(n, 8, 8) for n in range(asked.files * 10)],
            "HL7 reports": [HL7.replace("|1|P|", f"|{n}|P|").encode() for n in range(asked.files * 10)],
        }
        samples = []
        for kind, contents in kinds.items():
            place = folder / kind
            place.mkdir()
            for number, content in enumerate(contents):
                (place / f"{number}").write_bytes(content)
            files = list(find_files(place))
            samples.append(examine(files[0]))
            floor, ours = per_second(read_and_hash, files), per_second(examine, files)
            print(f"{kind:14} {ours:8.0f} /s/core   read and SHA-256 {floor:8.0f} /s/core   ratio {ours / floor:.2f}")
    files = site(samples[1], samples[2], asked.studies)
    started = time.process_time()
    books = settle(files)
    seconds = time.process_time() - started
    print(f"group, pair and account for {books.found} files of {len(books.encounters)} studies: {seconds:.1f} s")


if __name__ == "__main__":
    main()

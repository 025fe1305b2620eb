"""Hostile and broken files: bounded memory and time, a coded issue, and everything else goes on.

`CXRFORGE_FUZZ_CASES` asks for more or fewer mutated files than the default.
"""

from __future__ import annotations

import io
import json
import os
import random
import struct
import subprocess
import sys
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from ingest_factory import CSV_HEAD, csv_report, csv_row, dicom_bytes, hl7_report, json_report, radiograph, text_report

from cxrforge.ingest.accounting import settle
from cxrforge.ingest.examine import ExaminedFile, examine
from cxrforge.ingest.scan import find_files
from cxrforge.tables import issue_codes

SECONDS = 10
GROWTH = 1 << 30
CASES = int(os.environ.get("CXRFORGE_FUZZ_CASES", "1500"))
LARGEST_SEED = 700_000

IN_A_PROCESS_OF_ITS_OWN = """
import json, resource, sys, time
from pathlib import Path
from cxrforge.ingest.examine import examine
from cxrforge.ingest.scan import find_files
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for name in sys.argv[1:]:
    started = time.process_time()
    files = [examine(found) for found in find_files(Path(name))]
    seconds = time.process_time() - started
    growth = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
    told = [[f.kind.value, [i.code for i in f.issues[:5]], len(f.documents), f.turned_away is None] for f in files]
    print(json.dumps([Path(name).name, seconds, growth, told]))
"""


def measured(paths: list[Path]) -> Iterator[tuple[str, float, int, list]]:
    """Examine each in one fresh process; yield name, seconds, growth of memory in bytes, and what was found."""
    command = [sys.executable, "-c", IN_A_PROCESS_OF_ITS_OWN, *map(str, paths)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr[-2000:]
    assert not done.stderr, done.stderr[-2000:]
    for line in done.stdout.splitlines():
        yield json.loads(line)


# ---------------------------------------------------------------- made to exhaust


def claim_four_gigabytes() -> bytes:
    """The pixel data claims 4 GiB less two bytes."""
    content = dicom_bytes(radiograph())
    place = content.rindex(b"\xe0\x7f\x10\x00OW\0\0") + 8
    return content[:place] + struct.pack("<I", 0xFFFFFFFE) + content[place + 4 :]


def nested_sequences(depth: int) -> bytes:
    """Sequences of undefined length within each other."""
    head = dicom_bytes(radiograph(PixelData=None))
    return head + (b"\x40\x00\x75\x02SQ\0\0\xff\xff\xff\xff" + b"\xfe\xff\x00\xe0\xff\xff\xff\xff") * depth


def data_set_start(content: bytes) -> int:
    """Where the data set starts: behind the file meta information, whose length (0002,0000) tells."""
    return 144 + struct.unpack_from("<I", content, 140)[0]


def deflated_bomb() -> bytes:
    """A deflated data set (PS3.5 A.5) that ends in 2 GiB of zeros."""
    engine = zlib.compressobj(9, zlib.DEFLATED, -15)
    plain = dicom_bytes(radiograph())
    deflated = dicom_bytes(radiograph(), "1.2.840.10008.1.2.1.99")
    packed = engine.compress(plain[data_set_start(plain) :])
    packed += b"".join(engine.compress(bytes(1 << 24)) for _ in range(128)) + engine.flush()
    return deflated[: data_set_start(deflated)] + packed


EXHAUSTING: dict[str, Callable[[], bytes]] = {
    "dicom-claims-4-gib": claim_four_gigabytes,
    "dicom-nested-sequences": lambda: nested_sequences(200_000),
    "dicom-deflate-bomb": deflated_bomb,
    "json-nested-arrays": lambda: b'{"report": ' + b"[" * 5_000_000,
    "json-nested-objects": lambda: b'{"report":' * 1_000_000,
    "json-long-array": lambda: b'{"report": "Findings: clear.", "n": [' + b"0," * 10_000_000 + b"0]}",
    "json-huge-string": lambda: b'{"report": "' + b"lungs clear " * 4_000_000 + b'"}',
    "json-many-digits": lambda: b'{"report": "Findings: clear.", "n": ' + b"9" * 5_000_000 + b"}",
    "csv-huge-field": lambda: (CSV_HEAD + 'A;P;20200301;"' + "lungs clear " * 4_000_000).encode(),
    "csv-huge-closed-field": lambda: (CSV_HEAD + 'A;P;20200301;"' + "lungs clear " * 4_000_000 + '"\n').encode(),
    "csv-many-quotes": lambda: (CSV_HEAD + '"' * 3_000_001 + "\n" + csv_row()).encode(),
    "csv-many-open-quotes": lambda: (CSV_HEAD + 'A;P;20200301;"x\n' * 200_000).encode(),
    "csv-many-columns": lambda: (CSV_HEAD.strip() + ";c" * 1_000_000 + "\n" + csv_row()).encode(),
    "hl7-huge-segment": lambda: hl7_report() + b"OBX|9|TX|||" + b"lungs clear " * 4_000_000,
    "hl7-many-segments": lambda: hl7_report() + b"OBX|9|TX|||clear||||||F\r" * 400_000,
    "hl7-many-repeats": lambda: hl7_report() + b"OBX|9|TX|||" + b"~" * 10_000_000,
    "text-one-line": lambda: text_report() + b"no effusion " * 3_000_000,
    "text-many-lines": lambda: text_report() + b"Findings:\n" * 2_000_000,
    "text-many-spaces": lambda: text_report() + b" " * 10_000_000 + b"x",
    "fhir-many-entries": lambda: (
        b'{"resourceType": "Bundle", "entry": [' + b'{"resource": {"resourceType": "Bundle", "entry": []}},' * 300_000
    ),
}


@pytest.mark.slow
def test_files_made_to_exhaust_are_accounted_for_within_bounds(tmp_path: Path) -> None:
    paths = []
    for name, make in EXHAUSTING.items():
        paths.append(tmp_path / name)
        paths[-1].write_bytes(make())
    results = list(measured(paths))
    assert len(results) == len(paths)
    for name, seconds, growth, files in results:
        assert seconds < SECONDS, f"{name}: {seconds:.1f} s"
        assert growth < GROWTH, f"{name}: {growth >> 20} MiB"
        for kind, codes, documents, goes_on in files:
            assert "examine-fault" not in codes, name
            assert goes_on == bool(documents), f"{name}: {kind}"


def test_an_export_with_hostile_files_loses_only_those(tmp_path: Path) -> None:
    contents = {
        "pa": dicom_bytes(radiograph()),
        "r.hl7": hl7_report(),
        "claims": claim_four_gigabytes(),
        "nested": nested_sequences(5000),
        "arrays.json": b"[" * 100_000,
        "new\nline": b"\x00\x01",
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / "loop").symlink_to(tmp_path)
    result = settle([examine(found) for found in find_files(tmp_path)])
    assert (result.found, result.taken) == (7, 2)
    assert {Path(place).name for place, issue in result.fates.items() if issue is None} == {"pa", "r.hl7"}


# ---------------------------------------------------------------- mutated


def mutated(seed: bytes, other: bytes, chance: random.Random) -> bytes:
    """Return `seed` with one to four wounds; most of them near the start, where structure stands."""
    content = bytearray(seed)
    for _ in range(chance.randint(1, 4)):
        if not content:
            break
        span = len(content) if chance.random() < 0.3 else min(len(content), 3000)
        place = chance.randrange(span)
        wound = chance.randrange(9)
        if wound == 0:
            content[place] ^= 1 << chance.randrange(8)
        elif wound == 1:
            content[place : place + 4] = chance.choice((b"\xff\xff\xff\xff", b"\0\0\0\0", b"\xfe\xff\xff\x7f"))
        elif wound == 2:
            del content[place:]
        elif wound == 3:
            del content[place : place + chance.randrange(1, 200)]
        elif wound == 4:
            content[place:place] = chance.randbytes(chance.randrange(1, 200))
        elif wound == 5:
            piece = content[place : place + chance.randrange(1, 2000)]
            content[place:place] = piece * chance.randrange(1, 20)
        elif wound == 6:
            start = chance.randrange(max(1, len(other)))
            content[place : place + 300] = other[start : start + 300]
        elif wound == 7:
            content[place:place] = chance.choice(
                (b'"', b"|", b";", b"{", b"[", b"\r", b"\n", b"\\", b"PK\x03\x04", b"SQ")
            )
        else:
            content[place : place + 2] = chance.choice((b"OB", b"UN", b"SQ", b"\xff\xfe", b"\xc3\x28", b"\xe0\x7f"))
    return bytes(content)


def made_up_seeds() -> list[bytes]:
    fhir = {
        "resourceType": "DiagnosticReport",
        "status": "final",
        "identifier": [{"value": "ACC1"}],
        "conclusion": "No pleural effusion.",
        "text": {"div": "<div><p>Findings: The lungs are clear.</p></div>"},
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("DICOM/IM1", dicom_bytes(radiograph()))
        archive.writestr("report.hl7", hl7_report())
    return [
        dicom_bytes(radiograph()),
        dicom_bytes(radiograph(PixelData=None)),
        hl7_report(),
        json_report(),
        json.dumps(fhir).encode(),
        csv_report(csv_row(), csv_row("ACC2"), csv_row("ACC3")),
        text_report(Accession="ACC1", Patient="Quandt, Mara"),
        packed.getvalue(),
    ]


def check_mutations(folder: Path, seeds: list[bytes], cases: int, first: int = 0) -> None:
    """Examine `cases` mutated files one by one; every one is accounted for in time and without a fault."""
    place = folder / "mutated"
    known = set(issue_codes.load())
    faults: list[str] = []
    for number in range(first, first + cases):
        chance = random.Random(number)
        place.write_bytes(mutated(chance.choice(seeds), chance.choice(seeds), chance))
        started = time.process_time()
        files: list[ExaminedFile] = [examine(found) for found in find_files(place)]
        assert time.process_time() - started < SECONDS, f"case {number}"
        for file in files:
            assert {issue.code for issue in file.issues} <= known, f"case {number}"
            faults += [f"case {number}: {i.detail}" for i in file.issues if i.code == "examine-fault"]
        result = settle(files)
        assert result.found == result.taken + sum(result.turned_away.values()), f"case {number}"
    assert not faults, "\n".join(faults[:20])


def test_mutated_files_are_accounted_for(tmp_path: Path) -> None:
    check_mutations(tmp_path, made_up_seeds(), 200)


@pytest.mark.slow
def test_many_mutated_real_files_are_accounted_for(tmp_path: Path, shared_data: Path) -> None:
    resource = pytest.importorskip("resource")
    real = [path for path in sorted(shared_data.rglob("*")) if path.parent.name in ("dicom", "reports")]
    small = [path for path in real if path.is_file() and path.stat().st_size < LARGEST_SEED]
    assert len(small) > 20
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    check_mutations(tmp_path, [*made_up_seeds(), *(path.read_bytes() for path in small)], CASES, first=1_000_000)
    growth = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
    assert growth < GROWTH, f"{growth >> 20} MiB"

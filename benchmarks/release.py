"""Writing a release of many studies: time, memory, growth, and images against a plain copy.

    python benchmarks/release.py [--studies 40000] [--folder DIR]

Rows are made up and images are tiny, so that what is measured is the release and not the disk; a second measurement
places a few images of real size by link and by copy, beside `shutil.copyfile`; what the rest of a release takes is
subtracted.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import resource
import shutil
import tempfile
import time
from pathlib import Path

from cxrforge.coverage import Measures, evaluate
from cxrforge.formats.release_content import Contributor, ImageFile, Provenance, ReleaseContent
from cxrforge.formats.release_tables import ImageRow, LabelRow, QualityRow, ReportRow, StudyRow
from cxrforge.formats.release_tree import Placing, write_release
from cxrforge.formats.splits import SplitPatient, assign_splits, leave_one_site_out
from cxrforge.records import OBSERVATIONS, Assertion, Section
from cxrforge.tables import criteria

SITES = ("north", "south", "east", "west")
CHECKS = ("inspiration", "rotation", "collimation", "motion", "exposure")
FINDINGS = "The heart is not enlarged. Small left pleural effusion. No pneumothorax. "
IMPRESSION = "Small effusion on the left."


def content(studies: int, store: Path, image_bytes: int) -> ReleaseContent:
    """Return a draft of `studies` studies, every second with a lateral; the store is filled as needed."""
    dice = random.Random(1)
    data = os.urandom(image_bytes)
    digest = hashlib.sha256(data).hexdigest()
    source = store / "image"
    source.write_bytes(data)
    rows, images, reports, labels, quality = [], [], [], [], []
    for n in range(studies):
        site, patient, study = SITES[n % 4], f"P{n // 4 * 4 + n % 4:016x}", f"S{n:016x}"
        views = ("PA", "LATERAL") if n % 2 else ("PA",)
        names = [f"I{n:015x}{k}" for k in range(len(views))]
        values = {name: dice.choice((None, None, Assertion.ABSENT, Assertion.PRESENT)) for name in OBSERVATIONS}
        rows.append(
            StudyRow(
                study=study,
                patient=patient,
                site=site,
                primary_image=names[0],
                report="R" + study[1:],
                images=len(views),
                has_lateral=len(views) > 1,
                language="de",
                paediatric=False,
            )
        )
        text = f"{FINDINGS * 4}\n\n{IMPRESSION}"
        cut = len(FINDINGS * 4)
        reports.append(
            ReportRow(
                report="R" + study[1:],
                study=study,
                patient=patient,
                site=site,
                language="de",
                text=text,
                findings=text[:cut],
                impression=IMPRESSION,
                sections=(Section("findings", 0, cut), Section("impression", cut + 2, len(text))),
            )
        )
        for name, view in zip(names, views, strict=True):
            link = store / name
            os.link(source, link)
            image = ImageRow(
                image=name,
                study=study,
                patient=patient,
                site=site,
                sop_instance_uid=f"2.25.{n}",
                view=view,
                primary=view == "PA",
                rows=2500,
                columns=2048,
                bits_stored=12,
                photometric_interpretation="MONOCHROME2",
                transfer_syntax_uid="1.2.840.10008.1.2.1",
                lossy=False,
                redacted=(),
                sha256=digest,
                size_bytes=image_bytes,
            )
            images.append(ImageFile(image, link))
            labels.append(LabelRow(image=name, study=study, patient=patient, site=site, labels=values))
            quality += [QualityRow(image=name, study=study, check=c, value=0.5, verdict="pass") for c in CHECKS]
    default = assign_splits([SplitPatient(r.patient, r.site) for r in rows], b"k" * 32)
    thresholds = criteria.resolve_thresholds()
    years = {str(y): studies // 48 + 3 * i for i, y in enumerate(range(2012, 2024))}
    return ReleaseContent(
        name="many",
        version="1",
        title="Many",
        draft=True,
        studies=rows,
        images=images,
        reports=reports,
        labels=labels,
        quality=quality,
        splits=[*default, *leave_one_site_out(default)],
        criteria=evaluate(Measures(), thresholds),
        thresholds=thresholds,
        demographics={"sex": {s: {"F": studies // 8, "M": studies // 8} for s in SITES}},
        coverage={"year": dict.fromkeys(SITES, years)},
        contributors=[Contributor(site=s) for s in SITES],
        provenance=Provenance(cxrforge_version="0"),
    )


def main() -> None:
    """Print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--studies", type=int, default=40_000)
    parser.add_argument("--folder", type=Path, default=None)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=asked.folder) as place:
        folder = Path(place)
        spent = {}
        for studies in (asked.studies // 4, asked.studies):
            store = folder / f"store-{studies}"
            store.mkdir()
            made = content(studies, store, 512)
            began, cpu = time.monotonic(), time.process_time()
            summary = write_release(folder / f"release-{studies}", made)
            spent[studies] = time.process_time() - cpu
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            print(
                f"{studies} studies, {summary.images} images: {spent[studies]:.1f} s of one core, "
                f"{time.monotonic() - began:.1f} s on the clock, {peak:.0f} MB at most (rows included)"
            )
            shutil.rmtree(folder / f"release-{studies}")
            shutil.rmtree(store)
        small, large = spent.values()
        print(f"growth: {large / small:.2f} × the time for {asked.studies // (asked.studies // 4)} × the studies")
        print("floor: at most 600 s and 2048 MB for 40,000 studies")
        _real_images(folder)


def _real_images(folder: Path) -> None:
    """Print images of 15 MB a second by copy, by link and by `shutil.copyfile`."""
    store = folder / "store-real"
    store.mkdir()
    tiny = folder / "store-tiny"
    tiny.mkdir()
    rest = content(40, tiny, 512)
    made = content(40, store, 15 << 20)
    write_release(folder / "warm", rest)
    began = time.process_time()
    write_release(folder / "rest", rest)
    fixed = time.process_time() - began
    rates = {}
    for placing in (Placing.COPY, Placing.LINK):
        began = time.process_time()
        write_release(folder / f"real-{placing}", made, placing=placing)
        rates[f"release by {placing}"] = len(made.images) / max(1e-3, time.process_time() - began - fixed)
    began = time.process_time()
    for number, image in enumerate(made.images):
        shutil.copyfile(image.source, folder / f"copy-{number}")
    rates["shutil.copyfile"] = len(made.images) / (time.process_time() - began)
    for name, rate in rates.items():
        print(f"15 MB images, {name:<18} {rate:8.1f} images/s of one core")


if __name__ == "__main__":
    main()

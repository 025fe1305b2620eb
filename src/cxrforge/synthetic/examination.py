"""One study rendered: the worker that projects a person, exposes, letters, heads and writes every image."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np

from cxrforge.records import Box
from cxrforge.synthetic import detector, headers, masks, pixeldata
from cxrforge.synthetic.anatomy import Build, Thorax, thorax
from cxrforge.synthetic.detector import Look, Technique, Values
from cxrforge.synthetic.findings import Signs, rendered
from cxrforge.synthetic.lettering import Letters, burn
from cxrforge.synthetic.plan import Image, Study
from cxrforge.synthetic.planes import Plane, resized
from cxrforge.synthetic.projection import COARSE, Shadow, limb, project
from cxrforge.synthetic.skeleton import Skeleton, healed, skeleton
from cxrforge.synthetic.solids import Tube, View, turned
from cxrforge.synthetic.vasculature import tree

FIELD_MM = 425.0
"""Height of the field that a chest radiograph of an adult takes in."""


@dataclass(frozen=True, slots=True)
class Written:
    """One image as a file, and what is true of it."""

    path: str
    data: bytes
    truth: dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Person:
    body: Thorax
    signs: Signs
    bones: Skeleton
    vessels: tuple[Tube, ...]
    build: Build


def examined(study: Study) -> list[Written]:
    """Return every image of `study` as a file with its truth; the same bytes in any process."""
    cv2.setNumThreads(1)
    shown = study.copy_of or study
    person = _person(shown)
    files = []
    for image in study.images:
        rng = np.random.default_rng([study.seed, shown.index, 11, image.number])
        files.append(_image(study, image, person, rng))
    return files


def _person(study: Study) -> _Person:
    """Return the anatomy of the patient on that day: the body depends on the person, the findings on the study."""
    own = np.random.default_rng([*study.person.pn.encode(), study.seed])
    build = _build(study, own)
    body, signs = rendered(thorax(build, own), study.findings, study.seed * 1000 + study.index)
    fullness = 1.35 if any(f.kind == "edema" for f in study.findings) else 1.0
    bones, vessels = skeleton(body, own), tree(body, own, fullness, FIELD_MM / study.images[0].rows)
    for finding in study.findings:
        if finding.kind == "fracture":
            bones, place = healed(bones, finding.side, 6, finding.amount)
            signs = replace(signs, outlines={**signs.outlines, f"fracture_{finding.side}": (place,)})
    return _Person(body, signs, bones, vessels, build)


def _build(study: Study, rng: np.random.Generator) -> Build:
    female = study.person.sex == "F"
    size = 1.0 if study.age > 16 else 0.62 + 0.38 * study.age / 17
    return Build(
        size=size * (0.95 if female else 1.0),
        girth=float(np.clip(rng.normal(1.03, 0.06), 0.94, 1.2)),
        width=float(np.clip(rng.normal(0.97 if female else 1.0, 0.025), 0.9, 1.06)),
        depth=float(np.clip(rng.normal(1.0, 0.05), 0.9, 1.15)),
        heart=float(np.clip(rng.normal(0.97, 0.05), 0.87, 1.05)),
        inspiration=0.1 if study.expect == "poor-inspiration" else float(np.clip(rng.normal(0.92, 0.08), 0.7, 1.0)),
        female=female,
        age=study.age,
    )


def _image(study: Study, image: Image, person: _Person, rng: np.random.Generator) -> Written:
    pitch = FIELD_MM / image.rows
    technique = _technique(study, image, rng)
    look = _look(study, image)
    shadow, log_counts = _exposed(study, image, person, pitch, technique, rng)
    if study.expect == "upsampled":
        log_counts = _upsampled(log_counts, float(rng.uniform(1.2, 2.0)))
    if image.kind == "for-processing":
        values = detector.raw(log_counts, image.bits)
    else:
        values = detector.presentation(log_counts, look, technique)
    burned = _lettered(study, image, values, look, rng)
    if study.expect == "jpeg-resaved":
        values = _through_jpeg(values, image.bits, int(rng.integers(70, 92)))
    if study.expect == "stretched-eight-bit":
        step = np.uint16(1 << (image.bits - 8))
        values = values // step * step
    ds = headers.header(study, image, pitch, any(b["identifier"] for b in burned))
    pixeldata.fill(ds, values, image.syntax)
    data = pixeldata.file_bytes(ds)
    if image.kind == "truncated":
        data = data[: len(data) * 6 // 10]
    return Written(image.path, data, _truth(image, str(ds.file_meta.TransferSyntaxUID), burned, shadow, look))


def _upsampled(log_counts: Plane, factor: float) -> Plane:
    """Return an image of fewer pixels brought back to the full matrix."""
    rows, columns = log_counts.shape
    few = resized(log_counts, round(rows / factor), round(columns / factor), cv2.INTER_AREA)
    return resized(few, rows, columns)


def _through_jpeg(values: Values, bits: int, quality: int) -> Values:
    """Return an image that was once a JPEG of 8 bits and was stored with its full depth again."""
    shallow = (values >> (bits - 8)).astype(np.uint8)
    done, data = cv2.imencode(".jpg", shallow, [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise RuntimeError("JPEG encoder failed")
    back = np.asarray(cv2.imdecode(data, cv2.IMREAD_GRAYSCALE), np.float32)
    smooth = cv2.GaussianBlur(back, (0, 0), 0.6)  # a resampling viewer leaves values between the 256
    result: Values = np.rint(smooth * np.float32(((1 << bits) - 1) / 255)).astype(np.uint16)
    return result


def _technique(study: Study, image: Image, rng: np.random.Generator) -> Technique:
    margins = [float(m) for m in rng.uniform(0.0, 0.022, 4)]
    dose = float(rng.uniform(5000, 14000))
    return Technique(
        dose=dose / 150 if study.expect == "underexposed" else dose,
        motion_mm=float(rng.uniform(2.5, 4)) if study.expect == "moved" or image.kind == "repeat" else 0.0,
        scatter=float(rng.uniform(0.25, 0.45)),
        margins=(margins[0], margins[1], margins[2], margins[3]),
    )


def _look(study: Study, image: Image) -> Look:
    own = study.vendor.look
    return Look(image.bits, own.slow, own.detail, own.curve, image.photometric == "MONOCHROME1", own.shutter)


def _exposed(
    study: Study, image: Image, person: _Person, pitch: float, technique: Technique, rng: np.random.Generator
) -> tuple[Shadow | None, Plane]:
    scale = person.build.size
    if image.kind == "other":
        loss = limb(image.rows // 2, image.columns // 2, 2 * pitch * 0.6, rng)
        return None, detector.signal(loss, pitch, image.rows, image.columns, technique, rng)
    lateral = image.view == "LATERAL"
    turn = float(rng.choice([-1, 1]) * rng.uniform(11, 16)) if study.expect == "rotated" else float(rng.normal(0, 1.2))
    across, ray = turned((90 - float(rng.uniform(1.5, 4.5))) if lateral else turn)
    centre = (float(rng.normal(2, 5)), 16 + float(rng.normal(0, 4)))
    if study.expect == "clipped":
        centre = (centre[0], centre[1] + float(rng.choice([95.0, -115.0])))
    # A child is the same model on a detector whose pixels are larger in the model's own millimetres.
    view = View(across, ray, image.rows, image.columns, pitch / (0.35 + 0.65 * scale), centre)
    signs = person.signs
    bones = person.bones if image.kind not in {"bone-suppressed", "dual-energy"} else None
    shadow = project(person.body, bones, person.vessels, signs, view, lateral, rng)
    return shadow, detector.signal(shadow.loss, pitch, image.rows, image.columns, technique, rng)


def _lettered(study: Study, image: Image, values: Values, look: Look, rng: np.random.Generator) -> list[dict[str, Any]]:
    """Burn in the side marker and, where planned, identifiers; return what stands where."""
    lines = [_marker(study, image, rng)] if image.kind != "for-processing" else []
    if image.labelled and image.kind != "for-processing":
        lines += _banner(study, image, rng)
    burned = []
    for line in lines:
        box: Box | None = burn(values, line, (1 << look.bits) - 1, look.inverted)
        if box is not None:
            burned.append({"text": line.text, "box": list(box), "identifier": line.identifier})
    return burned


def _marker(study: Study, image: Image, rng: np.random.Generator) -> Letters:
    """Return the lead marker: R stands at the patient's right, which is the image's left; L the other way round."""
    side = "L" if image.view == "LATERAL" or study.index % 2 else "R"
    across = float(rng.uniform(0.04, 0.07)) if side == "R" else float(rng.uniform(0.90, 0.93))
    height = max(image.rows * float(rng.uniform(0.019, 0.028)), 20.0)
    turn = float(rng.choice([0.0, rng.uniform(-14, 14)]))
    return Letters(side, (across, float(rng.uniform(0.17, 0.22))), height, False, face=1, bright=0.97, turn=turn)


def _banner(study: Study, image: Image, rng: np.random.Generator) -> list[Letters]:
    """Return identifying lines as a console stacks them in one corner."""
    person = study.person
    choices = [
        _plain(f"{person.family.upper()} {person.given.upper()}"),
        f"ID {person.id}",
        study.day.strftime(study.hospital.date),
        _plain(study.hospital.name),
    ]
    count = int(rng.integers(2, 5))
    height = max(image.rows * float(rng.uniform(0.0085, 0.0135)), 12.0)
    left = float(rng.choice([0.02, 0.62]))
    top = float(rng.choice([0.02, 0.9 - 0.02 * count]))
    boxed, face = bool(rng.random() < 0.3), int(rng.integers(0, 4))
    return [
        Letters(text, (left, top + n * 1.9 * height / image.rows), height, True, face, 1.0, boxed)
        for n, text in enumerate(choices[:count])
    ]


def _plain(text: str) -> str:
    """Return `text` in the letters that the console's font has."""
    text = text.replace("ß", "ss").replace("ł", "l").replace("Ł", "L")
    return "".join(c for c in unicodedata.normalize("NFKD", text) if ord(c) < 127)


def _truth(
    image: Image, syntax: str, burned: list[dict[str, Any]], shadow: Shadow | None, look: Look
) -> dict[str, Any]:
    row: dict[str, Any] = {
        "path": image.path,
        "sop_uid": image.sop_uid,
        "kind": image.kind,
        "view": image.view,
        "rows": image.rows,
        "columns": image.columns,
        "bits_stored": image.bits,
        "photometric_interpretation": image.photometric,
        "transfer_syntax": syntax,
        "burned_in": burned,
        "expect": "accept" if image.expect == "accept" else "turned-away",
        "reason": "" if image.expect == "accept" else image.expect,
        "boxes": {},
        "masks": {},
        "mask_scale": COARSE,
    }
    if shadow is not None:
        row["masks"] = {name: masks.encoded(mask) for name, mask in shadow.masks.items() if mask.any()}
        row["boxes"] = {name: box for name, mask in shadow.masks.items() if (box := _box(mask, image)) is not None}
    return row


def _box(mask: Plane, image: Image) -> list[int] | None:
    """Return the box of a mask of the coarse grid in stored pixels; None when it is empty."""
    across, down = np.flatnonzero(mask.any(axis=0)), np.flatnonzero(mask.any(axis=1))
    if not len(across):
        return None
    x0, x1 = int(across[0]) * COARSE, min((int(across[-1]) + 1) * COARSE, image.columns)
    y0, y1 = int(down[0]) * COARSE, min((int(down[-1]) + 1) * COARSE, image.rows)
    return [x0, y0, x1 - x0, y1 - y0]

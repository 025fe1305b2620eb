"""Radiographs with lines of text planted in them, and where the ink of each line is."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

FACES = (
    "DejaVuSans.ttf",
    "DejaVuSans-Bold.ttf",
    "DejaVuSansMono.ttf",
    "DejaVuSerif.ttf",
    "DejaVuSansCondensed.ttf",
    "NimbusSans-Regular.otf",
    "NimbusSansNarrow-Bold.otf",
    "NimbusRoman-Regular.otf",
    "NimbusMonoPS-Regular.otf",
    "URWGothic-Book.otf",
    "C059-Roman.otf",
    "NotoSansMono-Regular.ttf",
    "hershey",
    "dot-matrix",
    "seven-segment",
)
LINES = {
    "en": (
        "SMITH JONATHAN",
        "Doe, Jane A.",
        "St. Mary's Hospital London",
        "DOB 04/17/1961",
        "Acc# 7734-2291",
        "Mon 12 Mar 2019 14:32",
    ),
    "de": (
        "MÜLLER HEINRICH",
        "Schäfer, Brigitte",
        "Klinikum Großhadern München",
        "geb. 03.11.1948",
        "Pat.-ID 00418837",
        "Universitätsklinik Köln",
    ),
    "fr": (
        "LEFÈVRE GENEVIÈVE",
        "Bélanger François",
        "Hôpital Saint-Éloi",
        "né le 21/08/1955",
        "N° 1 55 08 34 172",
        "CHU de Nîmes",
    ),
    "es": (
        "GARCÍA MUÑOZ, LUCÍA",
        "Hospital La Paz",
        "F.nac. 30/01/1972",
        "NHC 552104",
        "Núñez Ibáñez José",
        "02-MAR-2018 09:15",
    ),
    "it": (
        "ROSSI GIANLUCA",
        "Ospedale Niguarda Milano",
        "nato 12/05/1939",
        "Cod. 88301277",
        "D'Angelo Niccolò",
        "Azienda USL Bologna",
    ),
    "nl": (
        "VAN DER MEER, WILLEM",
        "Ziekenhuis Rijnstate",
        "geb.dat. 09-07-1950",
        "Patnr 2209314",
        "De Vries-Jansen, M.",
        "UMC Utrecht",
    ),
    "pt": (
        "GONÇALVES JOÃO",
        "Hospital São José Lisboa",
        "Nasc. 25/12/1966",
        "Proc. 190233",
        "Conceição Araújo",
        "15 ABR 2017",
    ),
    "pl": (
        "WIŚNIEWSKA ŁUCJA",
        "Szpital Wojewódzki Łódź",
        "ur. 1958-10-02",
        "PESEL 58100212345",
        "Kowalczyk Zdzisław",
        "17.06.2020 08:41",
    ),
}
NUMBERS = ("12-03-2019", "1948 11 03", "00418837", "14 32 08", "2020-06-17", "7734-2291")
MARKERS = (
    "L",
    "R",
    "L",
    "R",
    "PA",
    "AP",
    "ERECT",
    "SUPINE",
    "PORTABLE",
    "LAT",
    "liegend",
    "debout",
    "de pie",
    "stojąc",
    "zittend",
)


@dataclass(frozen=True, slots=True)
class Line:
    """A planted line: its text, what it is, and where its ink is (boolean, inside `place`)."""

    text: str
    face: str
    height: int
    turn: int
    contrast: float
    marker: bool
    left: int
    top: int
    ink: np.ndarray


@dataclass(frozen=True, slots=True)
class Case:
    """One image of 16 bit containers, and what was planted in it."""

    name: str
    stored: np.ndarray
    photometric: str
    bits: int
    lines: tuple[Line, ...] = field(default_factory=tuple)


def plain(text: str) -> str:
    """Return `text` as a device without accents writes it."""
    return (
        unicodedata.normalize("NFKD", text.translate(str.maketrans("łŁß°", "lLs."))).encode("ascii", "ignore").decode()
    )


def draw(text: str, face: str, height: int) -> np.ndarray:
    """Return the ink of `text` as coverage 0..1, cut to its bounds, about `height` pixels high."""
    if face == "hershey":
        scale = height / 22
        thick = max(1, round(height / 14))
        ascii_text = plain(text)
        (width, rise), below = cv2.getTextSize(ascii_text, cv2.FONT_HERSHEY_SIMPLEX, scale, thick)
        canvas = np.zeros((rise + below + 4 * thick, width + 4 * thick), np.uint8)
        cv2.putText(
            canvas, ascii_text, (2 * thick, rise + thick), cv2.FONT_HERSHEY_SIMPLEX, scale, 255, thick, cv2.LINE_AA
        )
    elif face == "dot-matrix":
        canvas = _dots(text, height)
    elif face == "seven-segment":
        canvas = _segments(text, height)
    else:
        font = ImageFont.truetype(face, max(8, round(height / 0.74)))
        left, top, right, bottom = font.getbbox(text)
        sheet = Image.new("L", (right - left + 8, bottom - top + 8))
        ImageDraw.Draw(sheet).text((4 - left, 4 - top), text, font=font, fill=255)
        canvas = np.asarray(sheet)
    rows, columns = np.nonzero(canvas > 25)
    return canvas[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1].astype(np.float32) / 255


def _dots(text: str, height: int) -> np.ndarray:
    font = ImageFont.load_default_imagefont()
    left, top, right, bottom = font.getbbox(text)
    sheet = Image.new("L", (int(right - left), int(bottom - top)))
    ImageDraw.Draw(sheet).text((-left, -top), text, font=font, fill=255)
    bits = np.asarray(sheet) > 127
    pitch = max(1.5, height / 9)
    canvas = np.zeros((round((bits.shape[0] + 1) * pitch), round((bits.shape[1] + 1) * pitch)), np.uint8)
    for row, column in zip(*np.nonzero(bits), strict=True):
        centre = (round((column + 0.5) * pitch * 8), round((row + 0.5) * pitch * 8))
        cv2.circle(canvas, centre, max(6, round(pitch * 3.6)), 255, -1, cv2.LINE_AA, 3)
    return canvas


_ON = {
    "0": "abcdef",
    "1": "bc",
    "2": "abged",
    "3": "abgcd",
    "4": "fgbc",
    "5": "afgcd",
    "6": "afgedc",
    "7": "abc",
    "8": "abcdefg",
    "9": "abcdfg",
    "-": "g",
    " ": "",
}
"""Lit segments of each character: a top, b and c right, d bottom, e and f left, g middle."""


def _segments(text: str, height: int) -> np.ndarray:
    width, thick = round(height * 0.55), max(2, round(height * 0.11))
    step = width + max(3, round(height * 0.22))
    canvas = np.zeros((height + 4, step * len(text) + 4), np.uint8)
    middle = height // 2
    for number, character in enumerate(text):
        x = 2 + number * step
        gap = max(1, thick // 3)
        bars = {
            "a": (gap, 0, width - gap, thick),
            "g": (gap, middle - thick // 2, width - gap, middle - thick // 2 + thick),
            "d": (gap, height - thick, width - gap, height),
            "f": (0, gap, thick, middle - gap),
            "b": (width - thick, gap, width, middle - gap),
            "e": (0, middle + gap, thick, height - gap),
            "c": (width - thick, middle + gap, width, height - gap),
        }
        for name in _ON.get(character, ""):
            left, top, right, bottom = bars[name]
            cv2.rectangle(canvas, (x + left, 2 + top), (x + right - 1, 2 + bottom - 1), 255, -1)
    return canvas


def real_bases(folder: Path, offset: int, count: int) -> list[tuple[str, np.ndarray]]:
    """Return `count` real radiographs as float 0..1, larger ones first, starting at `offset`."""
    found: list[tuple[str, np.ndarray]] = []
    names = [
        *sorted((folder / "images" / "nih").glob("*.png")),
        *sorted(p for p in (folder / "images" / "segmentation").glob("*.[jp][pn]g") if "_mask" not in p.name),
        *sorted((folder / "images" / "nih").glob("*.jpg")),
    ]
    for path in names[offset : offset + count]:
        gray = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
        found.append((path.stem, gray.astype(np.float32) / 255))
    return found


def synthetic_bases(seed: int, count: int) -> list[tuple[str, np.ndarray]]:
    """Return made-up thoraces: two dark fields, bright ribs and spine, a collimated border, blurred and graded."""
    found = []
    for number in range(count):
        rng = np.random.default_rng((seed, number))
        size = 750
        y, x = np.mgrid[0:size, 0:size] / size
        image = 0.75 - 0.2 * np.abs(x - 0.5)
        for centre in (0.3, 0.7):
            image -= 0.45 * np.exp(-(((x - centre) / 0.13) ** 4) - ((y - 0.45) / 0.3) ** 4)
        for rib in range(8):
            arc = y - 0.15 - 0.08 * rib - 0.25 * (x - 0.5) ** 2
            image += 0.07 * np.exp(-((arc / 0.012) ** 2)) * (np.abs(x - 0.5) < 0.42)
        image += 0.25 * np.exp(-(((x - 0.5) / 0.06) ** 2))
        edge = int(rng.integers(0, 60))
        if edge:
            border = np.zeros_like(image, bool)
            border[edge:-edge, edge:-edge] = True
            image = np.where(border, image, rng.choice([0.02, 0.98]))
        image = cv2.GaussianBlur(image.astype(np.float32), (0, 0), 1.5)
        found.append((f"synthetic-{number}", np.clip(image, 0, 1)))
    return found


def plant(name: str, base: np.ndarray, seed: int, lines: int = 6) -> Case:
    """Return `base` brought to at least 2500×3000 and 12 to 16 bits, with grain, `lines` lines and a marker."""
    rng = np.random.default_rng((seed, sum(name.encode())))
    scale = max(2500 / min(base.shape), 3000 / max(base.shape))
    image = cv2.resize(base, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    image = np.clip(image + rng.normal(0, 0.006, image.shape).astype(np.float32), 0, 1) * 0.9 + 0.05
    taken = np.zeros(image.shape, bool)
    planted: list[Line] = []
    for number in range(lines + 1):
        line = _place(rng, image, taken, marker=number == lines)
        if line is not None:
            planted.append(line)
    bits = int(rng.choice([12, 14, 16]))
    inverted = rng.random() < 0.35
    values = 1 - image if inverted else image
    stored = np.round(np.clip(values, 0, 1) * ((1 << bits) - 1)).astype(np.uint16)
    return Case(name, stored, "MONOCHROME1" if inverted else "MONOCHROME2", bits, tuple(planted))


def _place(rng: np.random.Generator, image: np.ndarray, taken: np.ndarray, *, marker: bool) -> Line | None:
    for _ in range(40):
        face = str(rng.choice([f for f in FACES if f != "seven-segment"] if marker else FACES))
        if marker:
            text, height = str(rng.choice(MARKERS)), int(rng.integers(36, 130))
        elif face == "seven-segment":
            text, height = str(rng.choice(NUMBERS)), round(12 * (200 / 12) ** rng.random())
        else:
            text, height = str(rng.choice(LINES[str(rng.choice(list(LINES)))])), round(12 * (200 / 12) ** rng.random())
        if face in ("hershey", "dot-matrix"):
            text = plain(text)
        turn = 0 if marker else int(rng.choice([0, 0, 0, 0, 1, 3]))
        ink = np.rot90(draw(text, face, height), turn)
        rows, columns = ink.shape
        if rows > image.shape[0] - 20 or columns > image.shape[1] - 20:
            continue
        top, left = int(rng.integers(5, image.shape[0] - rows - 5)), int(rng.integers(5, image.shape[1] - columns - 5))
        if rng.random() < 0.4:
            top = int(rng.choice([8, image.shape[0] - rows - 8]))
        room = max(20, height)
        if taken[max(0, top - room) : top + rows + room, max(0, left - room) : left + columns + room].any():
            continue
        window = image[top : top + rows, left : left + columns]
        contrast = _ink(rng, window, ink, marker)
        taken[top : top + rows, left : left + columns] = True
        return Line(text, face, height, turn, contrast, marker, left, top, ink > 0.5)
    return None


def _ink(rng: np.random.Generator, window: np.ndarray, ink: np.ndarray, marker: bool) -> float:
    """Lay ink over the window: white, black, or a low contrast on what is there; return the contrast."""
    middle = float(window.mean())
    style = rng.random()
    if marker or style < 0.55:
        value = 1.0 if middle < 0.7 else 0.0
    elif style < 0.7:
        value = 0.0 if middle > 0.3 else 1.0
    else:
        step = float(rng.uniform(0.06, 0.15)) * (1 if middle < 0.5 else -1)
        window += step * ink
        np.clip(window, 0, 1, out=window)
        return abs(step)
    window[:] = window * (1 - ink) + value * ink
    return abs(value - middle)

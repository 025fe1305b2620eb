"""Train the screen for small text and write its ONNX weights.

    python tools/train_text_screen.py DATA OUT.onnx [STEPS]

DATA is the shared data folder. Needs torch and Pillow, which the package itself never does. Made-up lines are planted
on parts of NIH ChestX-ray14 radiographs (free use with citation) and on made-up grounds, brought to the screen's scale
and evened as the redactor does it. The first `_KEPT_APART` radiographs and the typefaces of the benchmark are not used.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import cv2
import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont
from torch import nn
from torch.nn import functional as F  # noqa: N812 - torch's own convention

from cxrforge.pixels.render import even_contrast
from cxrforge.pixels.screen import CELL

TILE = 320
_KEPT_APART = 90
_FACES = (
    "NimbusSans-Bold.otf", "NimbusSans-Italic.otf", "NimbusSansNarrow-Regular.otf", "NimbusRoman-Bold.otf",
    "NimbusMonoPS-Bold.otf", "P052-Roman.otf", "P052-Bold.otf", "URWBookman-Light.otf", "URWBookman-Demi.otf",
    "URWGothic-Demi.otf", "C059-Bold.otf", "DejaVuSansMono-Bold.ttf", "DejaVuSerif-Bold.ttf",
    "DejaVuSans-ExtraLight.ttf", "DejaVuSansCondensed-Bold.ttf", "DejaVuSans-Oblique.ttf",
)  # fmt: skip
_HERSHEY = tuple(range(8))
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_MORE = "ÄÖÜäöüßéèêçñóíáãõłśżźćąęŁŚŻÇÉÑ.,:;/-#°()'+&"
_HEIGHTS = (4.5, 44.0)
"""Heights of letters, in pixels of the screen's image, that it learns to see; larger ones belong to the whole look."""


class Net(nn.Module):
    """Seven convolutions and about 20,000 parameters; one answer (a logit) for each cell of CELL × CELL pixels."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            *_conv(1, 12, 5, 2),
            *_conv(12, 24, 3, 2),
            *_conv(24, 40, 3, 2),
            *_conv(40, 40, 5, 1, groups=40),
            *_conv(40, 48, 1, 1),
            *_conv(48, 48, 5, 1, groups=48),
            *_conv(48, 48, 1, 1),
            *_conv(48, 48, 5, 1, groups=48),
            *_conv(48, 32, 1, 1),
            nn.Conv2d(32, 1, 1),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.layers(x)


def _conv(inner: int, outer: int, size: int, stride: int, groups: int = 1) -> list[nn.Module]:
    conv = nn.Conv2d(inner, outer, size, stride, padding=size // 2, bias=False, groups=groups)
    return [conv, nn.BatchNorm2d(outer), nn.ReLU(inplace=True)]


def load_grounds(data: Path) -> list[np.ndarray]:
    """Return radiographs as float32 0..1 that no benchmark looks at."""
    names = sorted((data / "images" / "nih").glob("*.jpg"))[_KEPT_APART:]
    return [cv2.imread(str(p), cv2.IMREAD_GRAYSCALE).astype(np.float32) / 255 for p in names]


def draw_ground(rng: np.random.Generator, grounds: list[np.ndarray], side: int) -> np.ndarray:
    """Return a square of `side` pixels of a radiograph, enlarged, or of a made-up shading."""
    if rng.random() < 0.12:
        rough = rng.random((rng.integers(2, 9),) * 2).astype(np.float32) * rng.uniform(0, 1)
        return cv2.resize(rough, (side, side), interpolation=cv2.INTER_CUBIC)
    whole = grounds[rng.integers(len(grounds))]
    part = int(rng.uniform(0.1, 0.45) * min(whole.shape))
    top, left = rng.integers(0, whole.shape[0] - part + 1), rng.integers(0, whole.shape[1] - part + 1)
    image = whole[top : top + part, left : left + part]
    image = np.rot90(image, rng.integers(4))
    image = cv2.resize(np.ascontiguousarray(image), (side, side), interpolation=cv2.INTER_CUBIC)
    return 1 - image if rng.random() < 0.4 else image


def draw_line(rng: np.random.Generator, height: float) -> np.ndarray:
    """Return a made-up line's ink, coverage 0..1, about `height` pixels high."""
    letters = _LETTERS if rng.random() < 0.6 else _LETTERS + _MORE
    if rng.random() < 0.35:
        letters = "0123456789-/.:"
    count = int(rng.choice([1, 2, 3, 5, 8, 12, 18, 24], p=[0.06, 0.1, 0.1, 0.16, 0.2, 0.18, 0.12, 0.08]))
    text = "".join(
        " " if 0 < n < count - 1 and rng.random() < 0.12 else str(rng.choice(list(letters))) for n in range(count)
    )
    kind = rng.random()
    if kind < 0.12:
        ink = _dots(rng, text, height)
    elif kind < 0.22:
        ink = _segments(rng, count, height)
    elif kind < 0.42:
        ink = _hershey(rng, text, height)
    else:
        ink = _set(rng, text, height)
    rows, columns = np.nonzero(ink > 0.1)
    if not len(rows):
        return np.ones((round(height), round(height)), np.float32)
    return ink[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]


def _set(rng: np.random.Generator, text: str, height: float) -> np.ndarray:
    font = ImageFont.truetype(str(rng.choice(_FACES)), max(7, round(height / 0.74)))
    left, top, right, bottom = font.getbbox(text)
    sheet = Image.new("L", (int(right - left) + 8, int(bottom - top) + 8))
    ImageDraw.Draw(sheet).text((4 - left, 4 - top), text, font=font, fill=255)
    return np.asarray(sheet, np.float32) / 255


def _hershey(rng: np.random.Generator, text: str, height: float) -> np.ndarray:
    face, thick = int(rng.choice(_HERSHEY)), max(1, round(height / rng.uniform(7, 18)))
    text = text.encode("ascii", "replace").decode()
    (width, rise), below = cv2.getTextSize(text, face, 1, 1)
    scale = height / max(1, rise)
    (width, rise), below = cv2.getTextSize(text, face, scale, thick)
    canvas = np.zeros((rise + below + 4 * thick + 4, width + 4 * thick + 4), np.uint8)
    cv2.putText(canvas, text, (2 * thick + 2, rise + thick + 2), face, scale, 255, thick, cv2.LINE_AA)
    return canvas.astype(np.float32) / 255


def _dots(rng: np.random.Generator, text: str, height: float) -> np.ndarray:
    """Return a line of round or square dots: a small face, sampled and blown up."""
    font = ImageFont.truetype(
        "DejaVuSansMono-Bold.ttf" if rng.random() < 0.5 else "DejaVuSansMono.ttf", int(rng.integers(9, 14))
    )
    left, top, right, bottom = font.getbbox(text)
    sheet = Image.new("1", (int(right - left) + 2, int(bottom - top) + 2))
    ImageDraw.Draw(sheet).text((1 - left, 1 - top), text, font=font, fill=1)
    bits = np.asarray(sheet, np.uint8)
    pitch, fine = max(1.4, height / max(7, bits.shape[0] - 2)), 4
    cell = np.zeros((fine * 2, fine * 2), np.uint8)
    cv2.circle(cell, (fine, fine), max(1, round(fine * rng.uniform(0.6, 1.1))), 255, -1)
    sheet = np.kron(bits, cell)
    size = (max(1, round(bits.shape[1] * pitch)), max(1, round(bits.shape[0] * pitch)))
    return cv2.resize(sheet, size, interpolation=cv2.INTER_AREA).astype(np.float32) / 255


def _segments(rng: np.random.Generator, count: int, height: float) -> np.ndarray:
    """Return cells with each of seven bars lit at random, as clocks and counters show them."""
    high, wide = 24, int(rng.integers(11, 17))
    thick, step = int(rng.integers(2, 5)), wide + int(rng.integers(3, 9))
    canvas = np.zeros((high, step * count), np.uint8)
    slots = (
        (0, 0, 1, 0),
        (0, 0.5, 1, 0.5),
        (0, 1, 1, 1),
        (0, 0, 0, 0.5),
        (1, 0, 1, 0.5),
        (0, 0.5, 0, 1),
        (1, 0.5, 1, 1),
    )
    for n in range(count):
        lit = rng.random(7) < 0.7
        lit[rng.integers(7)] = True
        for on, (x0, y0, x1, y1) in zip(lit, slots, strict=True):
            if on:
                x, y = (
                    (n * step + round(x * (wide - thick)) for x in (x0, x1)),
                    (round(y * (high - thick)) for y in (y0, y1)),
                )
                (xa, xb), (ya, yb) = x, y
                cv2.rectangle(canvas, (xa, ya), (xb + thick - 1, yb + thick - 1), 255, -1)
    scale = height / high
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return cv2.resize(canvas, None, fx=scale, fy=scale, interpolation=how).astype(np.float32) / 255


def turned(rng: np.random.Generator, ink: np.ndarray) -> np.ndarray:
    """Return the line lying, standing or slightly askew."""
    if rng.random() < 0.2:
        columns = ink.shape[1]
        angle = rng.normal(0, 4)
        spread = int(abs(np.sin(np.radians(angle))) * columns) + 4
        wide = cv2.copyMakeBorder(ink, spread, spread, spread, spread, cv2.BORDER_CONSTANT)
        centre = (wide.shape[1] / 2, wide.shape[0] / 2)
        ink = cv2.warpAffine(wide, cv2.getRotationMatrix2D(centre, angle, 1), wide.shape[::-1])
    return np.rot90(ink, int(rng.choice([0, 0, 0, 1, 2, 3])))


def draw_tile(rng: np.random.Generator, grounds: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return a tile 0..255 `(TILE, TILE)`, where its cells hold text, and what each cell counts."""
    scale = float(rng.uniform(0.35, 1.0))
    side = round(TILE / scale)
    image = draw_ground(rng, grounds, side)
    grain = 10 ** rng.uniform(-3.3, -1.7)
    noise = rng.standard_normal((side, side), np.float32)
    if rng.random() < 0.5:
        noise = cv2.GaussianBlur(noise, (0, 0), rng.uniform(0.4, 1.6))
        noise /= noise.std()
    image = image + np.float32(grain) * noise
    words, unsure = np.zeros((side, side), np.uint8), np.zeros((side, side), np.uint8)
    for _ in range(int(rng.choice([0, 1, 2, 3, 5], p=[0.25, 0.3, 0.2, 0.15, 0.1]))):
        _plant(rng, image, words, unsure, scale, grain)
    if rng.random() < 0.25:
        image = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.3, 0.9))
    small = cv2.resize(image, (TILE, TILE), interpolation=cv2.INTER_AREA).astype(np.float32)
    low, high = sorted((rng.uniform(-0.05, 0.15), rng.uniform(0.8, 1.05)))
    shown = even_contrast(small, low, high)
    cells = TILE // CELL
    share, doubt = (
        cv2.resize(m.astype(np.float32), (cells, cells), interpolation=cv2.INTER_AREA) for m in (words, unsure)
    )
    weight = np.where((share > 0) & (share < 0.3), 0, 1) * (doubt == 0)
    return shown, (share >= 0.3).astype(np.float32), weight.astype(np.float32)


def _plant(
    rng: np.random.Generator, image: np.ndarray, words: np.ndarray, unsure: np.ndarray, scale: float, grain: float
) -> None:
    low, high = _HEIGHTS
    seen = low * (high / low) ** rng.random() if rng.random() < 0.9 else rng.uniform(high, 3 * high)
    height = seen / scale
    if height < 9:
        return
    ink = turned(rng, draw_line(rng, height))
    rows, columns = (min(a, b) for a, b in zip(ink.shape, image.shape, strict=True))
    top, left = rng.integers(0, image.shape[0] - rows + 1), rng.integers(0, image.shape[1] - columns + 1)
    ink = ink[:rows, :columns]
    place = (slice(top, top + rows), slice(left, left + columns))
    reach = max(1, int(height * 0.4))
    area = cv2.dilate((ink > 0.3).astype(np.uint8), np.ones((reach, reach), np.uint8))
    if words[place].any() or unsure[place].any():
        return
    window = image[place]
    middle = float(window.mean())
    contrast = 10 ** rng.uniform(-1.6, 0)
    if rng.random() < 0.5:
        value = float(rng.choice([0.0, 1.0]))
        contrast = abs(value - middle)
        window[:] = window * (1 - ink) + value * ink
    else:
        window += np.float32(contrast * rng.choice([-1, 1])) * ink
        np.clip(window, -0.05, 1.05, out=window)
    faint = contrast < max(0.03, 4 * grain * scale)
    (unsure if faint or seen > high else words)[place] |= area


def train(data: Path, steps: int) -> Net:
    """Fit the net; print the loss and how cells are told apart on the way."""
    rng = np.random.default_rng(7)
    grounds = load_grounds(data)
    net = Net().train()
    optimiser = torch.optim.AdamW(net.parameters(), lr=4e-3, weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 4e-3, total_steps=steps)
    started, pool = time.time(), []
    for step in range(steps):
        # Half of each batch is new, half drawn again from a pool: making a tile costs as much as learning from it.
        pool = [*pool[-900:], *(draw_tile(rng, grounds) for _ in range(6))]
        batch = [*pool[-6:], *(pool[rng.integers(len(pool))] for _ in range(6))]
        x, y, w = (torch.from_numpy(np.stack([b[n] for b in batch]))[:, None] for n in range(3))
        out = net((x.float() - 128) / 48)
        loss = F.binary_cross_entropy_with_logits(out, y, reduction="none", pos_weight=torch.tensor(3.0))
        hard = (out.sigmoid() - y).abs().detach() ** 0.5
        loss = (loss * w * hard).sum() / (w * hard).sum().clamp(min=1) + 0.5 * (loss * w).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        if step % 50 == 49:
            with torch.no_grad():
                p = out.sigmoid()[:6]
                seen, alarms = p[(y[:6] > 0) & (w[:6] > 0)], p[(y[:6] == 0) & (w[:6] > 0)]
            print(
                f"step {step + 1} loss {loss.item():.3f} text {(seen > 0.5).float().mean():.3f} "
                f"rest {(alarms > 0.5).float().mean():.4f} {time.time() - started:.0f} s",
                flush=True,
            )
    return net.eval()


def main() -> None:
    """Train and write the weights."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    data, out = map(Path, sys.argv[1:3])
    net = train(data, int(sys.argv[3]) if len(sys.argv) > 3 else 800)
    axes = {"image": {2: "rows", 3: "columns"}, "text": {2: "cell_rows", 3: "cell_columns"}}
    torch.onnx.export(
        net, (torch.zeros(1, 1, 64, 64),), str(out), input_names=["image"], output_names=["text"],
        dynamic_axes=axes, dynamo=False, opset_version=17,
    )  # fmt: skip


if __name__ == "__main__":
    main()

"""Train the lung and heart network; print the method's cross-validated Dice or write the shipped ONNX weights.

    python tools/synthetic_chests.py MADE_UP.npz 500 frontal
    python tools/train_segmentation.py teach DATA MADE_UP.npz TEACHER.pt    learn from made-up people alone
    python tools/train_segmentation.py ship DATA MADE_UP.npz TEACHER.pt OUT.onnx    go on with free real images
    python tools/train_segmentation.py method DATA TEACHER.pt    folds by patient over DATA/images/segmentation

DATA is the shared data folder. Needs torch, which the package itself never does.

The shipped weights see no image and no outline whose licence forbids it: a teacher learns from made-up people, as
projected and as painted over (`painted_chests.py`); it then labels the NIH radiographs and those of the COVID set under
CC BY, the labels with a plausible shape are kept, and a student learns from both, twice.
"""

from __future__ import annotations

import csv
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import torch
from painted_chests import load_shapes, paint
from torch import nn
from torch.nn import functional as F  # noqa: N812 - torch's own convention

from cxrforge.imaging.canvas import letterbox
from cxrforge.imaging.segmentation import SIDE, anatomy_of, extent

CLASSES = 5
"""Background, right lung, left lung, heart, mediastinum above it; readers outline the last two as one."""


class Net(nn.Module):
    """A U-Net of four levels and about 250,000 parameters that works at half the canvas and answers at full size."""

    def __init__(self, widths: tuple[int, ...] = (16, 28, 48, 80)) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(1, widths[0], 5, stride=2, padding=2, bias=False),
            nn.BatchNorm2d(widths[0]),
            nn.ReLU(inplace=True),
        )
        self.down = nn.ModuleList(_block(a, b) for a, b in zip((widths[0], *widths[:-1]), widths, strict=True))
        self.up = nn.ModuleList(_block(a + b, b) for a, b in zip(widths[:0:-1], widths[-2::-1], strict=True))
        self.head = nn.Conv2d(widths[0], CLASSES, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        kept = []
        x = self.stem(x)
        for level, block in enumerate(self.down):
            x = block(x if level == 0 else F.max_pool2d(x, 2))
            kept.append(x)
        for block, skip in zip(self.up, kept[-2::-1], strict=True):
            x = block(torch.cat([F.interpolate(x, scale_factor=2.0, mode="nearest"), skip], 1))
        return F.interpolate(self.head(x), scale_factor=2.0, mode="bilinear", align_corners=False)


def _block(inner: int, outer: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inner, outer, 3, padding=1, bias=False), nn.BatchNorm2d(outer), nn.ReLU(inplace=True),
        nn.Conv2d(outer, outer, 3, padding=1, bias=False), nn.BatchNorm2d(outer), nn.ReLU(inplace=True),
    )  # fmt: skip


def canvas_pair(image: np.ndarray, mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return image and mask on the network's canvas, as inspection makes it."""
    canvas = letterbox(image.astype(np.float32) / 255, SIDE)
    height, width = round(image.shape[0] * canvas.scale), round(image.shape[1] * canvas.scale)
    label = np.zeros((SIDE, SIDE), np.uint8)
    small = cv2.resize(mask, (width, height), interpolation=cv2.INTER_NEAREST)
    label[canvas.top : canvas.top + height, canvas.left : canvas.left + width] = small
    return canvas.pixels, label


_COLUMNS, _ROWS = np.meshgrid(np.arange(SIDE, dtype=np.float32), np.arange(SIDE, dtype=np.float32))


def _waves(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return a smooth displacement of some pixels across and down."""
    size = rng.uniform(0, 5)
    return tuple(
        cv2.resize(rng.normal(0, size, (5, 5)).astype(np.float32), (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)
        for _ in range(2)
    )


def augment(image: np.ndarray, mask: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Move, turn, scale and re-expose a pair."""
    turn = cv2.getRotationMatrix2D((SIDE / 2, SIDE / 2), rng.normal(0, 6), rng.uniform(0.75, 1.25))
    turn[:, 2] += rng.normal(0, 8, 2)
    stretch = np.exp(rng.normal(0, 0.1))
    across, down = _waves(rng)
    x = (turn[0, 0] * _COLUMNS + turn[0, 1] * _ROWS) * stretch + turn[0, 2] + SIDE / 2 * (1 - stretch) + across
    y = (turn[1, 0] * _COLUMNS + turn[1, 1] * _ROWS) / stretch + turn[1, 2] + SIDE / 2 * (1 - 1 / stretch) + down
    x, y = x.astype(np.float32), y.astype(np.float32)
    image = cv2.remap(image, x, y, cv2.INTER_LINEAR)
    mask = cv2.remap(mask, x, y, cv2.INTER_NEAREST)
    if rng.random() < 0.25:
        image, mask = image[:, ::-1], np.array([0, 2, 1, 3, 4], np.uint8)[mask[:, ::-1]]
    grey = (image / 255.0) ** rng.uniform(0.6, 1.6)
    if rng.random() < 0.3:
        grey = cv2.GaussianBlur(grey, (0, 0), rng.uniform(0.4, 1.5))
    grey = (
        (grey - 0.5) * rng.uniform(0.7, 1.2)
        + 0.5
        + rng.normal(0, 0.05)
        + rng.normal(0, rng.uniform(0, 0.04), grey.shape)
    )
    return np.clip(grey, 0, 1).astype(np.float32), np.ascontiguousarray(mask)


def train(net: Net, draw, steps: int, rate: float, batch: int = 12, *, joined: bool = False) -> Net:
    """Fit with cross-entropy and soft Dice; `draw()` gives one (image 0..1, mask); `joined`: truth has no class 4."""
    optimiser = torch.optim.AdamW(net.parameters(), lr=rate, weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, rate, total_steps=steps)
    net.train()
    started = time.process_time()
    for step in range(steps):
        pairs = [draw() for _ in range(batch)]
        x = torch.from_numpy(np.stack([p[0] for p in pairs]))[:, None]
        y = torch.from_numpy(np.stack([p[1] for p in pairs])).long()
        out = net(x)
        if joined:
            out = torch.cat([out[:, :3], torch.logsumexp(out[:, 3:], 1, keepdim=True)], 1)
        share = out.softmax(1)
        truth = F.one_hot(y, out.shape[1]).permute(0, 3, 1, 2).float()
        overlap = (2 * (share * truth).sum((0, 2, 3)) + 1) / ((share + truth).sum((0, 2, 3)) + 1)
        loss = F.cross_entropy(out, y) + 1 - overlap.mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        if step % 100 == 99:
            print(f"  step {step + 1} loss {loss.item():.3f} {time.process_time() - started:.0f} s of CPU", flush=True)
    return net.eval()


def predict(net: Net, images: list[np.ndarray]) -> list[np.ndarray]:
    """Return class shares `(5, SIDE, SIDE)` of canvas images, averaged over the image and its mirror image."""
    with torch.no_grad():
        out = []
        for image in images:
            x = torch.from_numpy(image.astype(np.float32) / 255)[None, None]
            mirrored = net(x.flip(3)).softmax(1).flip(3)[:, [0, 2, 1, 3, 4]]
            out.append(((net(x).softmax(1) + mirrored) / 2)[0].numpy())
    return out


def dice(found: np.ndarray, truth: np.ndarray) -> float:
    total = found.sum() + truth.sum()
    return float(2 * (found & truth).sum() / total) if total else 1.0


def score(name: str, shares: list[np.ndarray], labels: list[np.ndarray]) -> None:
    """Print mean Dice of both lungs together, each lung and the cardiomediastinum, and how well its box fits."""
    empty = np.zeros((1, 1), np.float32)
    found = [anatomy_of(letterbox(empty, SIDE), share).labels for share in shares]
    found = [np.where(label == 4, 3, label) for label in found]
    pairs = list(zip(found, labels, strict=True))
    lungs = np.mean([dice(np.isin(f, (1, 2)), np.isin(t, (1, 2))) for f, t in pairs])
    parts = [np.mean([dice(f == part, t == part) for f, t in pairs]) for part in (1, 2, 3)]
    boxes = np.array([iou(f == 3, t == 3) for f, t in pairs])
    print(
        f"{name}: {len(pairs)} images, lungs {lungs:.4f} right {parts[0]:.4f} left {parts[1]:.4f} heart {parts[2]:.4f}"
        f" box IoU mean {boxes.mean():.3f}, >= .8 {np.mean(boxes >= 0.8):.3f}",
        flush=True,
    )


def iou(found: np.ndarray, truth: np.ndarray) -> float:
    """Return the overlap of two masks' boxes."""
    if not found.any() or not truth.any():
        return 0.0
    (a, b, c, d), (e, f, g, h) = (extent(mask) for mask in (found, truth))
    common = max(0, min(a + c, e + g) - max(a, e)) * max(0, min(b + d, f + h) - max(b, f))
    return common / (c * d + g * h - common)


def masked_images(data: Path) -> tuple[list[np.ndarray], list[np.ndarray], list[str]]:
    """Return canvases, masks and patients of the radiologist-masked images."""
    images, labels, patients = [], [], []
    for row in csv.DictReader((data / "images/segmentation/metadata.csv").open()):
        image = cv2.imread(str(data / "images/segmentation" / row["file"]), cv2.IMREAD_GRAYSCALE)
        mask = cv2.imread(str(data / "images/segmentation" / row["mask"]), cv2.IMREAD_GRAYSCALE)
        mask = cv2.resize(mask, image.shape[::-1], interpolation=cv2.INTER_NEAREST)
        canvas, label = canvas_pair(image, mask)
        images.append(canvas)
        labels.append(label)
        patients.append(row["patientid"])
    return images, labels, patients


def made_up(path: Path, rng: np.random.Generator, paintings: int):
    """Return a function that draws made-up people, as projected or as painted, each time moved and exposed anew."""
    with np.load(path) as archive:
        projected = list(zip(archive["frontal"], archive["masks"], strict=True))
    shapes = load_shapes(path)
    projected = from_pairs([canvas_pair(*_cut(image, mask, rng)) for image, mask in projected], rng)
    painted = from_pairs([canvas_pair(*_cut(*paint(shapes, rng), rng)) for _ in range(paintings)], rng)
    return mixed(rng, (0.3, projected), (0.7, painted))


def _cut(image: np.ndarray, mask: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return a pair that need not be square: not every radiograph is."""
    if rng.random() < 0.5:
        return image, mask
    keep = int(rng.uniform(0.75, 1) * image.shape[0])
    start = rng.integers(0, image.shape[0] - keep + 1)
    part = slice(start, start + keep)
    cut = (part, slice(None)) if rng.random() < 0.5 else (slice(None), part)
    return np.ascontiguousarray(image[cut]), np.ascontiguousarray(mask[cut])


def mixed(rng: np.random.Generator, *sources):
    """Return a function that draws from (weight, function) sources."""
    weights = np.array([weight for weight, _ in sources], float)

    def draw() -> tuple[np.ndarray, np.ndarray]:
        return sources[rng.choice(len(sources), p=weights / weights.sum())][1]()

    return draw


def from_pairs(pairs: list[tuple[np.ndarray, np.ndarray]], rng: np.random.Generator):
    """Return a function that draws an augmented pair."""
    return lambda: augment(*pairs[rng.integers(len(pairs))], rng)


def free_pairs(data: Path, teacher: Net) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return free real frontal radiographs with the teacher's labels, where those have a believable shape."""
    paths = [data / "images/nih" / row["file"] for row in csv.DictReader((data / "images/nih/metadata.csv").open())]
    for row in csv.DictReader((data / "images/covid/metadata.csv").open()):
        if row["license"].startswith("CC BY 3") and row["view"] != "L":
            paths.append(data / "images/covid" / row["file"])
    pairs = []
    for path in paths:
        image = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
        canvas = letterbox(image.astype(np.float32) / 255, SIDE)
        found = anatomy_of(canvas, predict(teacher, [canvas.pixels])[0])
        if found.trusted:
            pairs.append((canvas.pixels, found.labels))
    print(f"{len(pairs)} of {len(paths)} free images labelled", flush=True)
    return pairs


def load(path: Path) -> Net:
    net = Net()
    net.load_state_dict(torch.load(path))
    return net.eval()


def teach(data: Path, people: Path, out: Path, steps: int = 800) -> None:
    """Learn from made-up people and write the teacher."""
    net = train(Net(), made_up(people, np.random.default_rng(0), 1000), steps, 4e-3)
    torch.save(net.state_dict(), out)
    images, labels, _ = masked_images(data)
    score("teacher, never saw a radiograph, on radiologists' masks", predict(net, images), labels)


def ship(data: Path, people: Path, teacher: Path, out: Path, rounds: int = 1, steps: int = 80) -> None:
    """Let a student go on from the teacher with real images, write ONNX, print Dice on images nobody trained on."""
    rng = np.random.default_rng(1)
    net = load(teacher)
    images, labels, _ = masked_images(data)
    invented = made_up(people, rng, 300)
    for turn in range(rounds):
        real = from_pairs(free_pairs(data, net), rng)
        net = train(net, mixed(rng, (0.6, real), (0.4, invented)), steps, 1.5e-3)
        score(f"round {turn + 1}, on radiologists' masks", predict(net, images), labels)
    torch.save(net.state_dict(), out.with_suffix(".pt"))
    sample = (torch.zeros(2, 1, SIDE, SIDE),)
    torch.onnx.export(
        net, sample, str(out), input_names=["image"], output_names=["score"], dynamo=False, opset_version=17
    )


def method(data: Path, teacher: Path, steps: int = 80, folds: int = 3) -> None:
    """Print cross-validated Dice of weights taken further on radiologists' masks, patients kept together."""
    images, labels, patients = masked_images(data)
    order = {patient: n % folds for n, patient in enumerate(sorted(set(patients)))}
    shares: list[np.ndarray] = [np.empty(0)] * len(images)
    for fold in range(folds):
        rng = np.random.default_rng(fold)
        learn = [(i, m) for i, m, p in zip(images, labels, patients, strict=True) if order[p] != fold]
        net = train(load(teacher), from_pairs(learn, rng), steps, 1.5e-3, joined=True)
        for n, patient in enumerate(patients):
            if order[patient] == fold:
                shares[n] = predict(net, [images[n]])[0]
    score(f"method, {folds} folds by patient", shares, labels)


if __name__ == "__main__":
    torch.set_num_threads(1)
    torch.manual_seed(0)
    {"teach": teach, "ship": ship, "method": method}[sys.argv[1]](*map(Path, sys.argv[2:]))

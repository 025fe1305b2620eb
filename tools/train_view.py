"""Train and measure the view classifiers of `cxrforge.imaging.view`.

    python tools/train_view.py method DATA                    five folds by patient over the real images
    python tools/train_view.py ship DATA SYNTHETIC.npz OUT.npz    shipped weights, and their figures on all real images

The shipped weights see NIH radiographs, those of the COVID set under CC BY, and radiographs of made-up people
(`synthetic_chests.py`): real laterals under a licence that allows it are none, so laterals are made up.
"""

from __future__ import annotations

import csv
import sys
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from scipy.optimize import minimize

from cxrforge.imaging.view import features, square

FOLDS = 5


@dataclass(frozen=True)
class Picture:
    """A squared image, what it shows, whose it is, and whether its licence lets it into shipped weights."""

    image: np.ndarray
    lateral: bool
    ap: bool | None
    patient: str
    source: str
    free: bool


def real_pictures(data: Path) -> list[Picture]:
    """Return the NIH, COVID and OpenIST images."""
    found = []
    for row in csv.DictReader((data / "images/nih/metadata.csv").open()):
        found.append(
            _picture(
                data / "images/nih" / row["file"],
                False,
                row["View Position"] == "AP",
                "nih" + row["Patient ID"],
                "nih",
                True,
            )
        )
    for row in csv.DictReader((data / "images/covid/metadata.csv").open()):
        free = row["license"].startswith("CC BY ") or row["license"] == "CC BY"
        lateral = row["view"] == "L"
        found.append(
            _picture(
                data / "images/covid" / row["file"],
                lateral,
                row["view"] != "PA",
                "covid" + row["patientid"],
                "covid",
                free,
            )
        )
    for path in sorted((data / "images/openist").glob("*[0-9].jpg")):
        found.append(_picture(path, False, None, path.stem, "openist", False))
    return found


def _picture(path: Path, lateral: bool, ap: bool | None, patient: str, source: str, free: bool) -> Picture:
    raw = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    return Picture(square(raw.astype(np.float32) / 255), lateral, ap, patient, source, free)


def made_up_pictures(path: Path, rng: np.random.Generator, variants: int = 4) -> list[Picture]:
    """Return the frontal and lateral images of made-up people, each anew in field, shape and exposure.

    Made-up images all look alike; real ones are cut close or wide, stretched, and processed by any vendor. Without this
    one real lateral in four is called frontal.
    """
    with np.load(path) as archive:
        planes = [(plane, False) for plane in archive["frontal"]] + [(plane, True) for plane in archive["lateral"]]
    return [
        Picture(square(wild(plane, rng)), lateral, None, f"made{n}", "made", True)
        for n, (plane, lateral) in enumerate(planes)
        for _ in range(variants)
    ]


def wild(plane: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Cut, stretch, turn a little and re-expose one image."""
    side = plane.shape[0]
    image = plane.astype(np.float32) / 255
    move = cv2.getRotationMatrix2D((side / 2, side / 2), rng.normal(0, 5), 1)
    for axis, largest in ((0, 1.7), (1, 1.6)):
        scale = rng.uniform(0.9, largest)
        move[axis] *= scale
        move[axis, 2] += side / 2 * (1 - scale) + rng.normal(0, side / 18)
    image = cv2.warpAffine(image, move, (side, side), borderMode=cv2.BORDER_REPLICATE)
    image = np.clip(image, 0, 1) ** rng.uniform(0.5, 2)
    image -= rng.uniform(0, 0.7) * cv2.GaussianBlur(image, (0, 0), rng.uniform(10, 40))
    image = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.3, 2))
    return (image + rng.normal(0, rng.uniform(0, 0.02), image.shape)).astype(np.float32)


def vary(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Move, turn a little and scale one square image."""
    side = image.shape[0]
    turn = cv2.getRotationMatrix2D((side / 2, side / 2), rng.normal(0, 4), rng.uniform(0.85, 1.2))
    turn[:, 2] += rng.normal(0, 5, 2)
    return cv2.equalizeHist(cv2.warpAffine(image, turn, (side, side), borderMode=cv2.BORDER_REPLICATE))


def fit(values: np.ndarray, classes: np.ndarray, weight: np.ndarray, penalty: float, bias: bool = True) -> np.ndarray:
    """Return weights (features + 1, classes) of a multinomial logistic regression with classes balanced."""
    count, kinds = len(classes), int(classes.max()) + 1
    design = np.hstack([values, np.ones((count, 1), np.float32)]).astype(np.float64)
    truth = np.eye(kinds)[classes]
    weight = weight / (truth * weight[:, None]).sum(0)[classes] * count / kinds

    def loss(flat: np.ndarray) -> tuple[float, np.ndarray]:
        matrix = flat.reshape(-1, kinds)
        score = design @ matrix
        score -= score.max(1, keepdims=True)
        share = np.exp(score)
        share /= share.sum(1, keepdims=True)
        value = -(weight * np.log(share[np.arange(count), classes] + 1e-12)).sum()
        slope = design.T @ ((share - truth) * weight[:, None])
        held = penalty * matrix
        if bias:
            held[-1] = 0
        else:
            slope[-1] = held[-1] = 0
        return value + 0.5 * (held * matrix).sum(), (slope + held).ravel()

    start = np.zeros(design.shape[1] * kinds)
    return minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 150}).x.reshape(-1, kinds)


def shares(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    score = values @ weights[:-1] + weights[-1]
    share = np.exp(score - score.max(-1, keepdims=True))
    return share / share.sum(-1, keepdims=True)


@dataclass(frozen=True)
class Looks:
    """Features of one picture and its variants, the picture itself first: as it is, mirrored, turned by quarters."""

    straight: np.ndarray  # (variants, features)
    mirror: np.ndarray
    turned: np.ndarray  # (3, variants, features)


def looks(picture: Picture, rng: np.random.Generator, variants: int) -> Looks:
    images = [picture.image, *(vary(picture.image, rng) for _ in range(variants))]
    return Looks(
        np.array([features(i) for i in images]),
        np.array([features(np.ascontiguousarray(i[:, ::-1])) for i in images]),
        np.array([[features(np.ascontiguousarray(np.rot90(i, -k))) for i in images] for k in (1, 2, 3)]),
    )


def train(pictures: list[Picture], seen: list[Looks]) -> dict[str, np.ndarray]:
    """Return the three classifiers' weights."""
    lateral = np.repeat([int(p.lateral) for p in pictures], [len(s.straight) for s in seen])
    straight, mirror = np.vstack([s.straight for s in seen]), np.vstack([s.mirror for s in seen])
    turned = np.concatenate([s.turned for s in seen], axis=1).reshape(-1, straight.shape[1])
    count = len(lateral)
    weight = np.tile(np.where(lateral == 1, 3.0, 1.0), 5)
    change = (straight - mirror)[lateral == 0]
    both = np.ones(2 * len(change))
    return {
        "lateral": fit((straight + mirror) / 2, lateral, np.ones(count), 1.0),
        "turn": fit(np.vstack([straight, turned, mirror]), np.repeat([0, 1, 2, 3, 0], count), weight, 0.3),
        "mirror": fit(np.vstack([change, -change]), np.repeat([0, 1], len(change)), both, 0.3, bias=False),
        "ap": train_ap(pictures, seen),
    }


def train_ap(pictures: list[Picture], seen: list[Looks]) -> np.ndarray:
    """Return weights of PA against AP, learnt from NIH images alone."""
    chosen = [(p, s) for p, s in zip(pictures, seen, strict=True) if p.source == "nih"]
    values = np.vstack([(s.straight + s.mirror) / 2 for _, s in chosen])
    return fit(values, np.repeat([int(bool(p.ap)) for p, _ in chosen], [len(s.straight) for _, s in chosen]),
               np.ones(len(values)), 1.0)  # fmt: skip


def judge(pictures: list[Picture], seen: list[Looks], weights: dict[str, np.ndarray]) -> dict[str, list[bool]]:
    """Return right or wrong of each question on each picture, variants left aside."""
    right: dict[str, list[bool]] = {"lateral": [], "turn": [], "mirror": [], "ap": []}
    for picture, look in zip(pictures, seen, strict=True):
        straight, mirror = look.straight[0], look.mirror[0]
        right["lateral"].append(bool((shares((straight + mirror) / 2, weights["lateral"])[1] > 0.5) == picture.lateral))
        for quarter, values in enumerate((straight, *look.turned[:, 0])):
            right["turn"].append(bool(shares(values, weights["turn"]).argmax() == quarter))
        if not picture.lateral:
            right["mirror"].append(bool(shares(straight - mirror, weights["mirror"])[1] < 0.5))
        if picture.ap is not None and not picture.lateral:
            right["ap"].append(bool((shares((straight + mirror) / 2, weights["ap"])[1] > 0.5) == picture.ap))
    return right


def report(name: str, right: dict[str, list[bool]]) -> None:
    figures = ", ".join(f"{question} {np.mean(found):.4f} ({len(found)})" for question, found in right.items() if found)
    print(f"{name}: {figures}", flush=True)


def method(data: Path) -> None:
    """Print accuracies over folds that keep patients together."""
    pictures, rng = real_pictures(data), np.random.default_rng(0)
    seen = [looks(p, rng, variants=2) for p in pictures]
    patients = sorted({p.patient for p in pictures})
    order = rng.permutation(len(patients))
    fold = {patient: int(order[n]) % FOLDS for n, patient in enumerate(patients)}
    total: dict[str, list[bool]] = {"lateral": [], "turn": [], "mirror": [], "ap": []}
    for number in range(FOLDS):
        learn = [n for n, p in enumerate(pictures) if fold[p.patient] != number]
        test = [n for n, p in enumerate(pictures) if fold[p.patient] == number]
        weights = train([pictures[n] for n in learn], [seen[n] for n in learn])
        for question, found in judge([pictures[n] for n in test], [seen[n] for n in test], weights).items():
            total[question] += found
    report(f"method, {FOLDS} folds by patient", total)


def ship(data: Path, made_up: Path, out: Path) -> None:
    """Write weights from free images alone and print what they reach on every real image."""
    real, rng = real_pictures(data), np.random.default_rng(0)
    free = [p for p in real if p.free] + made_up_pictures(made_up, rng)
    learnt = [looks(p, rng, variants=0 if p.source == "made" else 2) for p in free]
    weights = train(free, learnt)
    np.savez_compressed(out, **{name: matrix.astype(np.float32) for name, matrix in weights.items()})
    seen = [looks(p, rng, variants=0) for p in real]
    for source in ("nih", "covid", "openist"):
        for is_free in (True, False):
            some = [n for n, p in enumerate(real) if p.source == source and p.free == is_free]
            if some:
                name = f"shipped on {source}, {'seen in training' if is_free else 'unseen'}"
                report(name, judge([real[n] for n in some], [seen[n] for n in some], weights))
    some = [n for n, p in enumerate(real) if p.lateral]
    report("shipped on unseen real laterals", judge([real[n] for n in some], [seen[n] for n in some], weights))


if __name__ == "__main__":
    if sys.argv[1] == "method":
        method(Path(sys.argv[2]))
    else:
        ship(*map(Path, sys.argv[2:5]))

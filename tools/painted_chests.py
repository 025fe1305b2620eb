"""Painted chest radiographs with known masks, for training weights that owe nothing to restricted images.

A painting starts from the outline of a made-up person's lungs and heart, bends it, and lays tissue, bones, vessels,
opacities, devices and exposure over it at random, far beyond what is realistic, so a network learns shape and order.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

SIDE = 192
RIGHT, LEFT, HEART, MEDIASTINUM = 1, 2, 3, 4


def load_shapes(path: Path) -> list[dict[str, np.ndarray]]:
    """Return outlines of made-up people (`synthetic_chests.py`) in units of the lungs' bounding box."""
    shapes = []
    with np.load(path) as archive:
        masks = archive["masks"]
    for label in masks:
        parts = {name: _outline(label == value) for name, value in (("right", 1), ("left", 2), ("heart", 3))}
        if any(points is None for points in parts.values()):
            continue
        both = np.vstack([parts["right"], parts["left"]])
        origin, size = both.min(0), np.ptp(both, axis=0)
        shapes.append({part: (points - origin) / size for part, points in parts.items()})
    return shapes


def _outline(mask: np.ndarray) -> np.ndarray | None:
    found, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    return max(found, key=len)[:, 0].astype(float) if found else None


def paint(shapes: list[dict[str, np.ndarray]], rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return one painting `(SIDE, SIDE)` uint8 and its mask."""
    shape = shapes[rng.integers(len(shapes))]
    place = _placement(rng)
    masks = {part: _filled(place(points)) for part, points in shape.items()}
    box = _box(masks["right"] | masks["left"])
    alone = masks["heart"].copy()
    masks["heart"] |= _mediastinum(masks, box, rng)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (13, 13))
    closed = cv2.morphologyEx(masks["heart"].astype(np.uint8), cv2.MORPH_CLOSE, disc)
    masks["heart"] = cv2.medianBlur(closed, 9).astype(bool)
    picture = _tissue(box, rng)
    picture = _lungs(picture, masks, box, rng)
    picture = _mediastinal_shadow(picture, masks, box, rng)
    picture = _bones(picture, masks, box, rng)
    picture = _opacities(picture, masks, rng)
    picture = _foreign(picture, rng)
    label = np.zeros((SIDE, SIDE), np.uint8)
    label[masks["right"]], label[masks["left"]], label[masks["heart"]], label[alone] = RIGHT, LEFT, MEDIASTINUM, HEART
    return _exposed(picture, rng), label


def _placement(rng: np.random.Generator):
    left, right = rng.uniform(0.02, 0.28, 2)
    top, bottom = rng.uniform(0.0, 0.28), rng.uniform(0.0, 0.45)
    width, height = SIDE / (1 + left + right), SIDE / (1 + top + bottom)
    angle, shear = np.deg2rad(rng.normal(0, 3)), rng.normal(0, 0.03)
    bend = rng.normal(0, 0.03, (2, 2))

    def place(points: np.ndarray) -> np.ndarray:
        wave = bend[0] * np.sin(2 * np.pi * points[:, 1:2]) + bend[1] * np.sin(2 * np.pi * points[:, :1])
        moved = points + wave - 0.5
        turn = np.array([[np.cos(angle), -np.sin(angle) + shear], [np.sin(angle), np.cos(angle)]])
        return (moved @ turn.T + 0.5 + [left, top]) * [width, height]

    return place


def _filled(points: np.ndarray) -> np.ndarray:
    canvas = np.zeros((SIDE, SIDE), np.uint8)
    cv2.fillPoly(canvas, [np.round(points * 8).astype(np.int32)], 1, shift=3)
    return canvas.astype(bool)


def _box(mask: np.ndarray) -> tuple[int, int, int, int]:
    rows, columns = np.where(mask)
    if not len(rows):
        return 0, 0, SIDE, SIDE
    return columns.min(), rows.min(), np.ptp(columns) + 1, np.ptp(rows) + 1


def _mediastinum(masks: dict, box: tuple, rng: np.random.Generator) -> np.ndarray:
    """Return the cardiomediastinum above the heart, from the aortic arch down, between the lungs."""
    _, y, w, h = box
    found = np.zeros((SIDE, SIDE), bool)
    heart_rows = np.where(masks["heart"].any(1))[0]
    if not len(heart_rows):
        return found
    start = int(y + h * rng.uniform(0.17, 0.27))
    for row in range(max(start, 0), min(int(heart_rows[0] + 0.3 * len(heart_rows)), SIDE)):
        right, left = np.where(masks["right"][row])[0], np.where(masks["left"][row])[0]
        if len(right) and len(left) and right[-1] < left[0]:
            middle = (right[-1] + left[0]) / 2
            half = max((left[0] - right[-1]) / 2, w * 0.05) * min(1.0, 0.55 + (row - start) / (0.12 * h))
            found[row, int(middle - half) : int(middle + half) + 1] = True
    return found


def _smooth(rng: np.random.Generator, sigma: float) -> np.ndarray:
    small = max(4, int(3 * SIDE / sigma))
    return cv2.resize(rng.normal(size=(small, small)).astype(np.float32), (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)


def _soft(mask: np.ndarray, sigma: float) -> np.ndarray:
    return cv2.GaussianBlur(mask.astype(np.float32), (0, 0), sigma)


def _tissue(box: tuple, rng: np.random.Generator) -> np.ndarray:
    x, y, w, h = box
    picture = 0.7 + 0.06 * _smooth(rng, 60) + 0.03 * _smooth(rng, 20)
    rows = np.arange(SIDE)[:, None]
    picture += rng.uniform(0, 0.2) * np.clip((rows - (y + 0.8 * h)) / h, 0, 1)
    neck = rng.uniform(0.1, 0.3) * w
    body = np.zeros((SIDE, SIDE), np.uint8)
    side = rng.uniform(1.02, 1.5) * w / 2
    shoulder = y + rng.uniform(-0.12, 0.2) * h
    cx = x + w / 2
    outline = [(cx - neck, -20), (cx - neck, shoulder - 0.12 * h), (cx - side * 1.05, shoulder), (cx - side, SIDE + 20)]
    outline += [(2 * cx - px, py) for px, py in reversed(outline)]
    cv2.fillPoly(body, [np.array(outline, np.int32)], 1)
    if rng.random() < 0.75:
        soft = _soft(body, rng.uniform(1, 6))
        picture = picture * soft + rng.uniform(0, 0.2) * (1 - soft)
    return picture


def _lungs(picture: np.ndarray, masks: dict, box: tuple, rng: np.random.Generator) -> np.ndarray:
    x, y, w, h = box
    air = np.zeros((SIDE, SIDE), np.float32)
    for part in ("right", "left"):
        depth = cv2.distanceTransform(masks[part].astype(np.uint8), cv2.DIST_L2, 3)
        air += np.minimum(depth / (rng.uniform(0.05, 0.25) * w), 1) ** rng.uniform(0.3, 0.8)
    strength = rng.uniform(0.18, 0.55)
    picture = picture - strength * cv2.GaussianBlur(air, (0, 0), rng.uniform(0.6, 1.6)) * (
        1 + 0.12 * _smooth(rng, 40) + 0.06 * _smooth(rng, 9) + 0.04 * _smooth(rng, 4)
    )
    vessels = np.zeros((SIDE, SIDE), np.float32)
    for sign in (-1, 1):
        root = np.array([x + w * (0.5 + sign * 0.12), y + h * 0.5])
        for _ in range(rng.integers(8, 30)):
            end = root + rng.normal(0, 1, 2) * [0.16 * w, 0.3 * h] + [sign * 0.14 * w, 0]
            cv2.line(vessels, tuple(map(int, root)), tuple(map(int, end)), rng.uniform(0.02, 0.12), 1, cv2.LINE_AA)
        cv2.ellipse(vessels, tuple(map(int, root)), (int(0.05 * w) + 1, int(0.1 * h) + 1), 0, 0, 360, 0.12, -1)
    picture += cv2.GaussianBlur(vessels, (0, 0), 1.0) * rng.uniform(0.3, 1.3)
    if rng.random() < 0.6:  # stomach or bowel gas under the left dome
        gas = np.zeros((SIDE, SIDE), np.float32)
        centre = (int(x + w * rng.uniform(0.6, 0.9)), int(y + h * rng.uniform(1.0, 1.2)))
        axes = (int(w * rng.uniform(0.03, 0.16)) + 1, int(h * rng.uniform(0.02, 0.1)) + 1)
        cv2.ellipse(gas, centre, axes, rng.uniform(-20, 20), 0, 360, 1.0, -1)
        gas[masks["left"] | masks["right"]] = 0
        picture -= cv2.GaussianBlur(gas, (0, 0), 1.5) * rng.uniform(0.1, 0.4)
    return picture


def _mediastinal_shadow(picture: np.ndarray, masks: dict, box: tuple, rng: np.random.Generator) -> np.ndarray:
    x, y, w, h = box
    heart = _soft(masks["heart"], rng.uniform(0.7, 2.0))
    level = np.median(picture[y : y + h, int(x + w * 0.47) : int(x + w * 0.53) + 1])
    wanted = level + rng.uniform(-0.02, 0.15)
    weight = rng.uniform(0.7, 1.0)
    picture = picture * (1 - weight * heart) + (wanted + 0.03 * _smooth(rng, 30)) * weight * heart
    rows, columns = np.indices((SIDE, SIDE))
    middle = x + w * 0.5 + rng.normal(0, 0.02) * w + rng.normal(0, 0.03) * (rows - y - h / 2)
    spine = np.exp(-(((columns - middle) / (rng.uniform(0.045, 0.09) * w)) ** 4))
    stripes = 1 + rng.uniform(0, 0.4) * np.sign(np.sin(rows * 2 * np.pi / (rng.uniform(0.06, 0.1) * h)))
    picture += spine * stripes * rng.uniform(0.02, 0.16)
    if rng.random() < 0.8:
        windpipe = np.exp(-(((columns - middle) / (0.03 * w)) ** 4)) * (rows < y + 0.35 * h)
        picture -= cv2.GaussianBlur(windpipe.astype(np.float32), (0, 0), 1.5) * rng.uniform(0.03, 0.15)
    return picture


def _bones(picture: np.ndarray, masks: dict, box: tuple, rng: np.random.Generator) -> np.ndarray:
    x, y, w, h = box
    bones = np.zeros((SIDE, SIDE), np.float32)
    step, thick = rng.uniform(0.07, 0.12) * h, max(1, int(rng.uniform(0.02, 0.045) * h))
    slope, sag = rng.uniform(0.1, 0.6), rng.uniform(0.1, 0.5)
    for number in range(-2, 14):
        for sign in (-1, 1):
            t = np.linspace(0, 1, 24)
            px = x + w * (0.5 + sign * (0.06 + 0.5 * t))
            py = y + number * step + h * (slope * t**1.6 * 0.5 - sag * 0.2 * np.sin(np.pi * t))
            points = np.stack([px, py], 1).astype(np.int32)
            cv2.polylines(bones, [points], False, rng.uniform(0.5, 1.0), thick, cv2.LINE_AA)
    inner = cv2.GaussianBlur(bones, (0, 0), 1.2)
    bones = bones - 0.5 * inner + 0.2
    picture = picture + bones * rng.uniform(0.0, 0.09)
    collar = np.zeros((SIDE, SIDE), np.float32)
    for sign in (-1, 1):
        a = (int(x + w * (0.5 + sign * 0.07)), int(y + h * rng.uniform(0.08, 0.22)))
        b = (int(x + w * (0.5 + sign * rng.uniform(0.45, 0.65))), int(y + h * rng.uniform(-0.1, 0.15)))
        cv2.line(collar, a, b, 1.0, max(2, int(0.035 * h)), cv2.LINE_AA)
        corners = ((rng.uniform(0.3, 0.45), 0.1), (0.6, 0.05), (rng.uniform(0.38, 0.55), 0.55))
        blade = np.array([(x + w * (0.5 + sign * u), y + h * v) for u, v in corners], np.int32)
        cv2.fillPoly(collar, [blade], rng.uniform(0.2, 0.8))
    return picture + cv2.GaussianBlur(collar, (0, 0), 1.0) * rng.uniform(0.02, 0.14)


def _opacities(picture: np.ndarray, masks: dict, rng: np.random.Generator) -> np.ndarray:
    lung = masks["right"] | masks["left"]
    rows, columns = np.where(lung)
    if not len(rows):
        return picture
    for _ in range(rng.poisson(1.2)):
        at = rng.integers(len(rows))
        radius = rng.uniform(3, 30)
        distance = np.hypot(
            np.arange(SIDE)[:, None] - rows[at], (np.arange(SIDE)[None] - columns[at]) * rng.uniform(0.6, 1.6)
        )
        blob = np.exp(-((distance / radius) ** 2)) * (1 + 0.4 * _smooth(rng, 8))
        picture = picture + blob * _soft(lung, 1.0) * rng.uniform(0.05, 0.35)
    if rng.random() < 0.15:  # a base turns white: the lung's outline stays the truth
        part = masks["right"] if rng.random() < 0.5 else masks["left"]
        low = np.where(part.any(1))[0]
        if len(low):
            level = low[0] + (low[-1] - low[0]) * rng.uniform(0.6, 0.95)
            veil = 1 / (1 + np.exp(-(np.arange(SIDE)[:, None] - level) / rng.uniform(1, 6)))
            picture = picture + veil * _soft(part, 1.0) * rng.uniform(0.1, 0.4)
    return picture


def _foreign(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    for _ in range(rng.poisson(1.0)):
        points = np.cumsum(np.vstack([rng.uniform(0, SIDE, (1, 2)), rng.normal(0, SIDE / 8, (6, 2))]), 0).astype(
            np.int32
        )
        line = np.zeros((SIDE, SIDE), np.float32)
        cv2.polylines(line, [points], False, 1.0, int(rng.integers(1, 3)), cv2.LINE_AA)
        picture = picture + line * rng.uniform(0.05, 0.4)
    for _ in range(rng.poisson(0.7)):
        a, size = rng.uniform(0, SIDE, 2), rng.uniform(2, 24, 2)
        cv2.rectangle(picture, tuple(map(int, a)), tuple(map(int, a + size)), rng.uniform(0.0, 1.2), -1)
    return picture


def _exposed(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    picture = cv2.GaussianBlur(picture.astype(np.float32), (0, 0), rng.uniform(0.3, 1.4))
    picture += rng.normal(0, rng.uniform(0, 0.03), picture.shape).astype(np.float32)
    picture += (
        0.1 * rng.normal() * np.linspace(-1, 1, SIDE)[None] + 0.1 * rng.normal() * np.linspace(-1, 1, SIDE)[:, None]
    )
    low, high = np.percentile(picture, (rng.uniform(0, 6), rng.uniform(94, 100)))
    picture = np.clip((picture - low) / (high - low + 1e-6), 0, 1) ** rng.uniform(0.6, 1.7)
    if rng.random() < 0.2:  # an open shutter edge or a printed border
        edge = rng.integers(1, 16, 4)
        frame = np.zeros_like(picture)
        frame[edge[0] : SIDE - edge[1], edge[2] : SIDE - edge[3]] = 1
        picture = picture * frame + (1 - frame) * rng.choice([0.0, 1.0])
    return (picture * 255).astype(np.uint8)

"""Bones of the thorax: ribs swept along the cage, clavicles, vertebrae, shoulder blades, upper arms."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from cxrforge.synthetic.anatomy import Thorax
from cxrforge.synthetic.planes import Plane, blurred
from cxrforge.synthetic.solids import Ellipsoid, Tube, View, along, swept

Curve = NDArray[np.float64]
RIBS = 12


@dataclass(frozen=True, slots=True)
class Rib:
    """One rib: `number` from the top, `side`, its curve from the spine to the front."""

    number: int
    side: str
    curve: Curve


@dataclass(frozen=True, slots=True)
class Skeleton:
    """Curves and plates; `clavicles` start at the sternal end."""

    ribs: tuple[Rib, ...]
    clavicles: dict[str, Curve]
    humeri: dict[str, Curve]
    vertebrae: NDArray[np.float64]  # (n, 3) centres
    blades: dict[str, NDArray[np.float64]]  # (n, 3) corners of the shoulder blade
    density: float
    callus: tuple[Tube, ...] = ()


def skeleton(body: Thorax, rng: np.random.Generator) -> Skeleton:
    """Return the bones around these lungs."""
    cage = _cage(body)
    spacing, top = 23.0 + rng.normal(0, 0.5), 153.0
    tilt = 1 + 0.12 * rng.normal()
    ribs = tuple(
        Rib(n, side, _rib(cage, n, side, top - spacing * (n - 1), tilt, rng))
        for n in range(1, RIBS + 1)
        for side in ("right", "left")
    )
    old = max(0.0, (body.build.age - 60) / 40)
    return Skeleton(
        ribs,
        {side: _clavicle(body, side, rng) for side in ("right", "left")},
        {side: _humerus(body, side) for side in ("right", "left")},
        _vertebrae(body, old, rng),
        {side: _blade(body, side) for side in ("right", "left")},
        float(np.clip(1 - 0.35 * old + rng.normal(0, 0.05), 0.5, 1.1)),
    )


def healed(bones: Skeleton, side: str, number: int, amount: float) -> tuple[Skeleton, Ellipsoid]:
    """Return the bones with one rib broken and grown together again, and where that is."""
    place = next(n for n, r in enumerate(bones.ribs) if r.side == side and r.number == number)
    rib = bones.ribs[place]
    at = int(len(rib.curve) * 0.42)
    shifted = rib.curve.copy()
    ramp = np.clip((np.arange(len(shifted)) - at) / 12, 0, 1)
    shifted[:, 2] -= (2.5 + 3 * amount) * ramp
    ribs = (*bones.ribs[:place], replace(rib, curve=shifted), *bones.ribs[place + 1 :])
    callus = Tube(shifted[at - 18 : at + 30], 6.6, 1.35, rim=0.2, density=0.9)
    x, y, z = (float(v) for v in shifted[at + 6])
    return replace(bones, ribs=ribs, callus=(*bones.callus, callus)), Ellipsoid((x, y, z), (13.0, 13.0, 13.0))


def _cage(body: Thorax) -> NDArray[np.float64]:
    """Return z, half-width, front and back of the cage just outside the lungs, one row a level."""
    points = np.concatenate([lung.surface(160) for lung in body.lungs.values()])
    points = points[np.argsort(points[:, 2])]
    levels = np.arange(-230.0, 158.0, 4.0)
    firsts, lasts = (np.searchsorted(points[:, 2], levels + reach) for reach in (-6.0, 6.0))
    rows = []
    for z, first, last in zip(levels, firsts, lasts, strict=True):
        near = points[first:last]
        rows.append((z, np.abs(near[:, 0]).max() + 4, near[:, 1].min() - 4, near[:, 1].max() + 4))
    return np.array(rows)


def _rib(cage: NDArray[np.float64], n: int, side: str, z_back: float, tilt: float, rng: np.random.Generator) -> Curve:
    """Return a rib: level at the spine, falling towards the front, the lower the longer."""
    sign = -1 if side == "right" else 1
    end = {1: 2.35, 2: 2.55, 11: 1.75, 12: 1.15}.get(n, 2.62 if n < 8 else 2.62 - 0.16 * (n - 7))
    drop = min(24 + 15.5 * (n - 1), 104) * tilt
    phi = np.linspace(0.13, end, 40)
    fall = np.where(phi < 0.5, 0.0, ((phi - 0.5) / 2.1)) ** 1.25
    z = z_back + 5 * np.sin(np.clip(phi / 0.9, 0, 1) * np.pi) - drop * fall + rng.normal(0, 1.0)
    half = np.interp(z, cage[:, 0], cage[:, 1])
    front, back = np.interp(z, cage[:, 0], cage[:, 2]), np.interp(z, cage[:, 0], cage[:, 3])
    x = sign * half * np.abs(np.sin(phi)) ** 0.86
    y = (front + back) / 2 + (back - front) / 2 * np.sign(np.cos(phi)) * np.abs(np.cos(phi)) ** 0.9
    return along(np.stack([x, y, z], axis=1), 0.4)


def _clavicle(body: Thorax, side: str, rng: np.random.Generator) -> Curve:
    s, w = (-1 if side == "right" else 1), body.build.width
    lift = rng.normal(0, 4)
    return along(
        [
            (s * 13.0, -62.0, 112.0),
            (s * 42.0 * w, -66.0, 119.0 + 0.4 * lift),
            (s * 90.0 * w, -40.0, 137.0 + lift),
            (s * 130.0 * w, -8.0, 150.0 + lift),
            (s * 156.0 * w, 4.0, 150.0 + lift),
        ],
        0.4,
    )


def _humerus(body: Thorax, side: str) -> Curve:
    s, w = (-1 if side == "right" else 1), body.build.width
    return along([(s * 172.0 * w, 10.0, 122.0), (s * 192.0 * w, 8.0, 60.0), (s * 205.0 * w, 6.0, -140.0)], 0.5)


def _vertebrae(body: Thorax, old: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """Return centres from the neck to the loins along the kyphosis, which age deepens."""
    z = 168.0 - np.concatenate([np.arange(-4, 0) * 17.5, np.arange(0, 16) * 23.0])
    bend = 1 - ((z - 20) / 200) ** 2
    y = 46 * body.build.depth + (16 + 9 * old) * bend
    x = rng.normal(0, 2.2) * np.sin((z - 20) / 75 + rng.uniform(0, 6))  # few spines are quite straight
    return np.stack([x, y, z], axis=1)


def _blade(body: Thorax, side: str) -> NDArray[np.float64]:
    s, w = (-1 if side == "right" else 1), body.build.width
    corners = [(88, 92, 128), (150, 50, 122), (152, 48, 98), (134, 84, 40), (118, 96, -6), (110, 98, 4), (96, 96, 70)]
    return np.array([(s * x * w, y, z) for x, y, z in corners], np.float64)


def bone_plane(bones: Skeleton, view: View, lateral: bool) -> Plane:
    """Return millimetres of bone along each ray."""
    ribs = [Tube(r.curve, 5.0, 1.3, rim=0.55, density=0.85) for r in bones.ribs if r.number > 1]
    first = [Tube(r.curve, 7.0, 1.1, rim=0.4, density=0.5) for r in bones.ribs if r.number == 1]
    total = swept(ribs, view) + swept(first, view)
    if not lateral:
        total += swept([Tube(c, 5.6, 1.0, rim=0.5, density=0.95) for c in bones.clavicles.values()], view)
        total += swept([Tube(c, 12.0, 1.0, rim=0.35, density=0.5) for c in bones.humeri.values()], view)
        for corners in bones.blades.values():
            total += _plate(corners, view, 2.2)
    for callus in bones.callus:
        total += swept([callus], view)
    for centre in bones.vertebrae:
        _vertebra(total, centre, view, lateral)
    total /= 1 + total / 32  # ribs seen end on do not add up without limit: the marrow is not the cortex
    return total * np.float32(bones.density)


def _plate(corners: NDArray[np.float64], view: View, thick: float) -> Plane:
    """Return a flat bone with a thicker edge."""
    rounded = along([*corners, corners[0], corners[1]], 2.0)
    polygon = np.round(view.place(rounded) * 16).astype(np.int32)[None]
    face = np.zeros((view.rows, view.columns), np.float32)
    cv2.fillPoly(face, [polygon], thick, cv2.LINE_AA, 4)
    edge = np.zeros_like(face)
    cv2.polylines(edge, [polygon], True, thick * 0.8, max(1, round(2.5 / view.pitch)), cv2.LINE_AA, 4)
    return blurred(face + edge, 1.4 / view.pitch)


def _vertebra(total: Plane, centre: NDArray[np.float64], view: View, lateral: bool) -> None:
    """Add one vertebra: a body with dense end plates, pedicles and a spinous process."""
    grow = 1.0 + 0.12 * np.clip((60 - centre[2]) / 150, -0.6, 1.4)
    wide, deep, high = 31.0 * grow, 27.0 * grow, 18.5 * grow
    across, ray = (deep, wide) if lateral else (wide, deep)
    _slab(total, centre, view, (across, high), (0.30 if lateral else 0.15) * ray, rim=1.6)
    if lateral:
        _slab(total, _beside(centre, 0, 31 * grow, -6), view, (30.0, 9.0), 6.0, rim=0.4)
        return
    for s in (-1, 1):
        _slab(total, _beside(centre, s * wide * 0.33, 10, 3), view, (6.5, 9.0), 6.0, rim=0.8)
        _slab(total, _beside(centre, s * wide * 0.72, 20, 2), view, (18.0, 7.0), 3.0, rim=0.3)
    _slab(total, _beside(centre, 0, 40, -10), view, (6.0, 15.0), 10.0, rim=0.6)


def _beside(centre: Curve, x: float, y: float, z: float) -> Curve:
    return centre + np.array([x, y, z])


def _slab(
    total: Plane, centre: NDArray[np.float64], view: View, size: tuple[float, float], depth: float, rim: float
) -> None:
    """Add a rounded block of `size` (across, high) with a denser rim; only the rays near it are touched."""
    column, row = view.place(np.asarray(centre, np.float64)[None])[0]
    half_c, half_r = size[0] / 2 / view.pitch, size[1] / 2 / view.pitch
    c0, c1 = max(int(column - half_c - 4 / view.pitch), 0), min(int(column + half_c + 4 / view.pitch), view.columns)
    r0, r1 = max(int(row - half_r - 4 / view.pitch), 0), min(int(row + half_r + 4 / view.pitch), view.rows)
    if c0 >= c1 or r0 >= r1:
        return
    x = (np.arange(c0, c1)[None, :] - column) / half_c
    y = (np.arange(r0, r1)[:, None] - row) / half_r
    rho = (np.abs(x) ** 5 + np.abs(y) ** 5) ** 0.2
    soft = 0.7 / view.pitch / min(half_c, half_r)
    face = 1 / (1 + np.exp((rho - 1) / (soft * 0.45)))
    edge = np.exp(-(((rho - 0.93) / (0.07 + soft * 0.5)) ** 2))
    total[r0:r1, c0:c1] += (depth * (face + rim * 0.35 * edge)).astype(np.float32)

"""One thorax in three dimensions: the solids that a radiograph is the shadow of. Millimetres; axes as in `solids`."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from cxrforge.synthetic.solids import Ellipsoid, Tube, Vector, along


@dataclass(frozen=True, slots=True)
class Build:
    """What tells one person, and one breath, from another.

    `size` scales the whole body (1: a tall adult), `girth` the soft tissue around the cage, `heart` the heart's
    width, `inspiration` runs from 0 (full expiration) to 1 (full inspiration).
    """

    size: float = 1.0
    girth: float = 1.0
    heart: float = 1.0
    width: float = 1.0
    depth: float = 1.0
    inspiration: float = 1.0
    female: bool = False
    age: int = 50


@dataclass(frozen=True, slots=True)
class Thorax:
    """The solids of one person; lungs, domes and fluid carry the side as key."""

    build: Build
    body: tuple[Ellipsoid, ...]
    arms_down: tuple[Ellipsoid, ...]
    arms_up: tuple[Ellipsoid, ...]
    breasts: tuple[Ellipsoid, ...]
    lungs: dict[str, Ellipsoid]
    domes: dict[str, Ellipsoid]
    heart: tuple[Ellipsoid, ...]
    vessels: tuple[Ellipsoid, ...]  # great vessels and mediastinum
    gas: tuple[Ellipsoid, ...]  # stomach and bowel
    spine_soft: Ellipsoid
    airway: tuple[Tube, ...]
    aorta: tuple[Tube, ...]

    def hilum(self, side: str) -> Vector:
        """Return where the vessels of a lung branch from."""
        sign = -1 if side == "right" else 1
        return (sign * 33.0 * self.build.width, 8.0, 22.0 if side == "right" else 32.0)


def thorax(build: Build, rng: np.random.Generator) -> Thorax:
    """Return the solids of a person with this build; what `build` leaves open is drawn from `rng`."""
    w, d = build.width, build.depth
    rise = (1 - build.inspiration) * 48.0  # a breath moves the domes by up to five centimetres
    lungs = {
        "right": Ellipsoid((-68.0 * w, 2.0, -58.0), (77.0 * w, 99.0 * d, 212.0), (2.0, 5.0, 0.0)),
        "left": Ellipsoid((68.0 * w, 2.0, -58.0), (75.0 * w, 99.0 * d, 210.0), (2.0, -5.0, 0.0)),
    }
    right_dome, left_dome = -88.0 + rise + rng.normal(0, 4), -101.0 + rise + rng.normal(0, 4)
    domes = {
        "right": Ellipsoid((-66.0 * w, -12.0, right_dome - 104), (97.0 * w, 121.0 * d, 104.0), (14.0, 0.0, 0.0)),
        "left": Ellipsoid((70.0 * w, -12.0, left_dome - 104), (94.0 * w, 121.0 * d, 104.0), (14.0, 0.0, 0.0)),
    }
    return Thorax(
        build,
        _body(build, rng),
        _arms_down(build),
        _arms_up(build),
        _breasts(build, rng),
        lungs,
        domes,
        _heart(build, rise),
        _great_vessels(build, rise),
        _gas(rng, left_dome, w),
        Ellipsoid((0.0, 74.0 * d, -20.0), (17.0, 25.0, 600.0)),
        _airway(w),
        _aorta(build),
    )


def _body(build: Build, rng: np.random.Generator) -> tuple[Ellipsoid, ...]:
    g, w, d = build.girth, build.width, build.depth
    return (
        Ellipsoid((0.0, 5.0, -80.0), (168.0 * w * g, 119.0 * d * g, 330.0)),
        Ellipsoid((0.0, 2.0, -230.0), (163.0 * w * g, 117.0 * d * g * (1 + 0.1 * rng.random()), 210.0)),
        Ellipsoid((0.0, 22.0, 215.0), (57.0, 60.0, 130.0)),
        Ellipsoid((0.0, 40.0, 118.0), (128.0 * w * g, 62.0 * d, 78.0)),
    )


def _arms_down(build: Build) -> tuple[Ellipsoid, ...]:
    w, g = build.width, build.girth
    solids = []
    for s in (-1, 1):
        solids += [
            Ellipsoid((s * 132.0 * w, 14.0, 112.0), (72.0 * g, 55.0, 52.0), (0.0, s * 24.0, 0.0)),
            Ellipsoid((s * 205.0 * w, 6.0, 10.0), (46.0 * g, 46.0 * g, 150.0), (0.0, s * 9.0, 0.0)),
        ]
    return tuple(solids)


def _arms_up(build: Build) -> tuple[Ellipsoid, ...]:
    """Return the arms lifted in front of the face, as for a lateral."""
    w = build.width
    return tuple(Ellipsoid((s * 120.0 * w, -30.0, 205.0), (36.0, 42.0, 115.0), (60.0, 0.0, 0.0)) for s in (-1, 1))


def _breasts(build: Build, rng: np.random.Generator) -> tuple[Ellipsoid, ...]:
    if not build.female or build.age < 14:
        return ()
    r = 52 + 16 * rng.random() * build.girth
    low = -62 - 20 * rng.random()
    return tuple(
        Ellipsoid((s * 76.0 * build.width, -70.0 * build.depth, low), (r * 1.12, r * 0.78, r * 1.25), (-38.0, 0.0, 0.0))
        for s in (-1, 1)
    )


def _heart(build: Build, rise: float) -> tuple[Ellipsoid, ...]:
    """Return left ventricle, right atrium, right ventricle, left atrium; `build.heart` widens them."""
    h, w = build.heart, build.width
    lie = 0.55 * rise
    return (
        Ellipsoid((38.0 * h * w, -36.0, -62.0 + lie), (47.0 * h * w, 42.0 * h, 66.0), (-8.0, 42.0, 0.0)),
        Ellipsoid((-9.0 * w, -14.0, -46.0 + lie), (35.0 * h * w, 38.0, 52.0), (0.0, -10.0, 0.0)),
        Ellipsoid((14.0 * w, -50.0, -66.0 + lie), (60.0 * h * w, 30.0 * h, 42.0), (-12.0, 20.0, 0.0)),
        Ellipsoid((12.0 * w, 20.0, -22.0 + lie), (36.0 * w, 24.0 * h, 34.0), (0.0, 20.0, 0.0)),
    )


def _great_vessels(build: Build, rise: float) -> tuple[Ellipsoid, ...]:
    """Return what makes the mediastinal outline; an old aorta is wide and its knob high."""
    old = max(0.0, (build.age - 45) / 40)
    w = build.width
    return (
        Ellipsoid((-2.0, 4.0, 96.0), (25.0 * w, 44.0, 110.0)),
        Ellipsoid((3.0, 2.0, 5.0), (24.0 * w, 48.0, 90.0)),
        Ellipsoid((15.0 * w, 6.0, 60.0 + 5 * old), ((17.0 + 7 * old) * w, 34.0, 20.0 + 3 * old), (0.0, 12.0, 25.0)),
        Ellipsoid((22.0 * w, -18.0, 24.0), (19.0 * w, 24.0, 27.0), (0.0, 18.0, 0.0)),
        Ellipsoid((-17.0 * w, -14.0, 45.0), (12.0 * w, 13.0, 62.0)),
        Ellipsoid((-12.0 * w, -26.0, 18.0), ((20.0 + 5 * old) * w, 22.0, 46.0), (0.0, -6.0, 0.0)),
        Ellipsoid((-19.0 * w, 2.0, 118.0), (11.0, 24.0, 52.0), (0.0, -14.0, 0.0)),
        Ellipsoid((21.0 * w, 2.0, 118.0), (11.0, 24.0, 52.0), (0.0, 14.0, 0.0)),
        Ellipsoid((6.0, 5.0, -152.0 + rise), (56.0 * w, 85.0, 58.0)),
        Ellipsoid((0.0, -78.0 * build.depth, 20.0), (17.0, 11.0, 120.0), (-8.0, 0.0, 0.0)),
        Ellipsoid((0.0, 10.0, 190.0), (36.0, 45.0, 62.0)),
    )


def _gas(rng: np.random.Generator, left_dome: float, w: float) -> tuple[Ellipsoid, ...]:
    """Return the stomach bubble close under the left dome, and some bowel gas."""
    wide = 16 + 18 * rng.random()
    solids = [Ellipsoid((68.0 * w, -10.0, left_dome - 26.0), (wide, wide * 0.9, 9 + 8 * rng.random()))]
    for _ in range(int(rng.integers(2, 7))):
        place = (float(rng.uniform(-100, 110)), float(rng.uniform(-60, 0)), float(rng.uniform(-230, -170)))
        size = float(rng.uniform(8, 17))
        solids.append(Ellipsoid(place, (size * 1.4, size, size), (0.0, float(rng.uniform(-40, 40)), 0.0)))
    return tuple(solids)


def _airway(w: float) -> tuple[Tube, ...]:
    carina: Vector = (2.0, 18.0, 46.0)
    trachea = along([(0.0, 6.0, 220.0), (0.0, 10.0, 160.0), (1.0, 14.0, 100.0), carina])
    right = along([carina, (-14.0 * w, 18.0, 32.0), (-32.0 * w, 18.0, 16.0)])
    left = along([carina, (20.0 * w, 20.0, 30.0), (42.0 * w, 20.0, 18.0)])
    return (Tube(trachea, 8.5), Tube(right, 6.5), Tube(left, 5.5))


def _aorta(build: Build) -> tuple[Tube, ...]:
    r = 12.0 + max(0.0, (build.age - 45) / 40) * 4
    w = build.width
    curve = along([(20.0 * w, 22.0, 62.0), (25.0 * w, 48.0, 40.0), (22.0 * w, 58.0, -40.0), (10.0 * w, 62.0, -240.0)])
    return (Tube(curve, r),)


def widened(body: Thorax, heart: float) -> Thorax:
    """Return the same person with a heart `heart` times as wide."""
    build = replace(body.build, heart=body.build.heart * heart)
    rise = (1 - build.inspiration) * 48.0
    return replace(body, build=build, heart=_heart(build, rise))

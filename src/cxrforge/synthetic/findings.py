"""Findings as changes to the solids, so that the truth knows where they lie."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from cxrforge.synthetic.anatomy import Thorax, widened
from cxrforge.synthetic.planes import Plane, rough
from cxrforge.synthetic.solids import Ellipsoid, Tube, Vector, View, along, covered, swept


@dataclass(frozen=True, slots=True)
class Cloud:
    """A soft patch of airless lung: a Gaussian body broken up by noise; `name` is the key of its mask."""

    name: str
    centre: Vector
    spread: Vector
    millimetres: float
    patchiness: float
    seed: int


@dataclass(frozen=True, slots=True)
class Signs:
    """What findings add to a thorax.

    `limits`: the lung keeps only what lies within these (the rest is fluid); `collapsed`: the lung left by free air.
    """

    solids: tuple[Ellipsoid, ...] = ()
    limits: Mapping[str, tuple[Ellipsoid, ...]] = field(default_factory=dict)
    collapsed: Mapping[str, Ellipsoid] = field(default_factory=dict)
    clouds: tuple[Cloud, ...] = ()
    wires: tuple[Tube, ...] = ()
    cases: tuple[Ellipsoid, ...] = ()
    septa: tuple[Tube, ...] = ()
    coarseness: float = 1.0
    outlines: Mapping[str, tuple[Ellipsoid, ...]] = field(default_factory=dict)
    fluid: Mapping[str, tuple[Ellipsoid, Ellipsoid, Ellipsoid]] = field(default_factory=dict)

    def haze(self, view: View, air: Plane) -> Plane:
        """Return millimetres of fluid that fills air spaces along each ray; never more than the air there was."""
        total = np.zeros_like(air)
        for cloud in self.clouds:
            total += _cloud(cloud, view) * cloud.millimetres
        return np.minimum(total, 0.85 * air)

    def metal(self, view: View, lateral: bool) -> Plane:
        """Return millimetres of metal along each ray."""
        total = np.zeros((view.rows, view.columns), np.float32)
        for radius in sorted({w.radius for w in self.wires}):
            total += swept([w for w in self.wires if w.radius == radius], view)
        for case in self.cases:
            total += np.minimum(case.chord(view).length(), 7) * np.float32(0.8)
        return total

    def lines(self, view: View, within: Plane) -> Plane:
        """Return millimetres of septal lines and plates of collapsed lung along each ray."""
        if not self.septa:
            return np.zeros_like(within)
        total = np.zeros_like(within)
        for radius in sorted({s.radius for s in self.septa}):
            total += swept([s for s in self.septa if s.radius == radius], view)
        return total * within

    def masks(self, view: View) -> dict[str, Plane]:
        """Return the outline of each finding."""
        found = {
            name: np.max([s.chord(view).length() for s in solids], axis=0) for name, solids in self.outlines.items()
        }
        for cloud in self.clouds:
            found[cloud.name] = np.maximum(found.get(cloud.name, 0), (_cloud(cloud, view) > 0.3) * np.float32(1))
        for name, (lung, limit, dome) in self.fluid.items():
            whole = lung.chord(view)
            wet = whole.length() - covered(whole, [limit.chord(view), dome.chord(view)])
            found[name] = (wet > 12).astype(np.float32)
        return {name: (mask > 0).astype(np.float32) for name, mask in found.items()}


def _cloud(cloud: Cloud, view: View) -> Plane:
    """Return the strength of a cloud along each ray, about 1 in its middle."""
    u, z = view.grid()
    across = float(np.dot(cloud.centre, view.across))
    wide = float(np.hypot(cloud.spread[0] * view.across[0], cloud.spread[1] * view.across[1]))
    body = np.exp(-0.5 * (((u - across) / wide) ** 2 + ((z - cloud.centre[2]) / cloud.spread[2]) ** 2))
    rng = np.random.default_rng(cloud.seed)
    torn = np.zeros((view.rows, view.columns), np.float32)
    for scale in (5.0, 10.0, 20.0):
        torn += rough(rng, view.rows, view.columns, scale / view.pitch) * np.float32(0.58)
    strength: Plane = (body * np.clip(1 + cloud.patchiness * torn, 0, 2)).astype(np.float32)
    return strength


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding as planned: a `kind` of `KINDS`, a side where it has one, and how much of it (0 to 1)."""

    kind: str
    side: str = ""
    amount: float = 0.5


UNSEEN = frozenset({"effusion-possible", "fracture"})
"""Findings that leave the solids as they are: a doubt in the report, and a break that the bones draw."""


def rendered(body: Thorax, planned: tuple[Finding, ...], seed: int) -> tuple[Thorax, Signs]:
    """Return the thorax and the signs of all `planned` findings."""
    signs = Signs()
    for index, finding in enumerate(planned):
        rng = np.random.default_rng([seed, index])
        if finding.kind == "cardiomegaly":
            body = widened(body, 1.22 + 0.25 * finding.amount)
        elif finding.kind not in UNSEEN:
            signs = KINDS[finding.kind](body, signs, finding, rng)
    return body, signs


def _sign(side: str) -> float:
    return -1.0 if side == "right" else 1.0


def _effusion(body: Thorax, signs: Signs, f: Finding, rng: np.random.Generator) -> Signs:
    """Let the lung float: it keeps what lies within an ellipsoid whose rounded base leaves a meniscus."""
    lung, dome = body.lungs[f.side], body.domes[f.side]
    level = dome.centre[2] + dome.semi[2] - 22 + 95 * f.amount
    semi = (lung.semi[0] * 1.04, lung.semi[1] * 1.04, 62.0)
    place = (lung.centre[0] - _sign(f.side) * 4, lung.centre[1] - 5, level + 50)
    float_ = Ellipsoid(place, semi, open_top=True)
    limits = {**signs.limits, f.side: (*signs.limits.get(f.side, ()), float_)}
    fluid = {**signs.fluid, f"effusion_{f.side}": (lung, float_, dome)}
    return _with(signs, limits=limits, fluid=fluid)


def _pneumothorax(body: Thorax, signs: Signs, f: Finding, rng: np.random.Generator) -> Signs:
    """Shrink the lung towards its hilum and base; what it leaves is free air above and beside it."""
    lung = body.lungs[f.side]
    hilum = body.hilum(f.side)
    pole: Vector = (hilum[0], hilum[1], hilum[2] - 110)
    small = lung.scaled(0.95 - 0.20 * f.amount, pole)
    outlines = {**signs.outlines, f"pneumothorax_{f.side}": (lung,)}
    return _with(signs, collapsed={**signs.collapsed, f.side: small}, outlines=outlines)


def _consolidation(body: Thorax, signs: Signs, f: Finding, rng: np.random.Generator) -> Signs:
    s = _sign(f.side)
    low = float(rng.uniform(-58, -20))
    centre = (s * float(rng.uniform(62, 95)) * body.build.width, float(rng.uniform(-10, 45)), low)
    spread = (20 + 14 * f.amount, 24.0, 17 + 14 * f.amount)
    name = f"consolidation_{f.side}"
    cloud = Cloud(name, centre, spread, 60 + 50 * f.amount, 0.28, int(rng.integers(1 << 31)))
    return _with(signs, clouds=(*signs.clouds, cloud))


def _edema(body: Thorax, signs: Signs, f: Finding, rng: np.random.Generator) -> Signs:
    clouds = list(signs.clouds)
    septa = list(signs.septa)
    for side in ("right", "left"):
        h, s = body.hilum(side), _sign(side)
        for _ in range(4):
            at = (h[0] + s * rng.uniform(8, 40), h[1] + rng.normal(0, 15), h[2] - rng.uniform(-20, 70))
            spread = (24.0, 28.0, 30.0)
            clouds.append(Cloud(f"edema_{side}", at, spread, 11 + 14 * f.amount, 0.4, int(rng.integers(1 << 31))))
        for _ in range(14):
            z = float(rng.uniform(-95, -45))
            x = s * 128 * body.build.width
            septa.append(Tube(along([(x, 10.0, z), (x - s * 15, 10.0, z - 1.5)]), 0.7, density=3.5))
    return _with(signs, clouds=tuple(clouds), septa=tuple(septa), coarseness=signs.coarseness * 1.7)


def _nodule(body: Thorax, signs: Signs, f: Finding, rng: np.random.Generator) -> Signs:
    r = 5 + 10 * f.amount
    at = (_sign(f.side) * float(rng.uniform(62, 88)), float(rng.uniform(-20, 30)), float(rng.uniform(-20, 70)))
    ball = Ellipsoid(at, (r, r, r * 0.93), (0.0, float(rng.uniform(-40, 40)), 0.0))
    return _with(signs, solids=(*signs.solids, ball), outlines={**signs.outlines, f"nodule_{f.side}": (ball,)})


def _atelectasis(body: Thorax, signs: Signs, f: Finding, rng: np.random.Generator) -> Signs:
    s = _sign(f.side)
    plates = []
    for _ in range(1 + int(f.amount > 0.5)):
        z = float(rng.uniform(-72, -48))
        at = (s * float(rng.uniform(75, 95)), 5.0, z)
        plates.append(Ellipsoid(at, (27.0, 30.0, 1.6), (0.0, s * float(rng.uniform(-14, 4)), 0.0)))
    outlines = {**signs.outlines, f"atelectasis_{f.side}": tuple(plates)}
    return _with(signs, solids=(*signs.solids, *plates), outlines=outlines)


def _pacemaker(body: Thorax, signs: Signs, f: Finding, rng: np.random.Generator) -> Signs:
    w = body.build.width
    case = Ellipsoid((95.0 * w, -95.0, 88.0), (24.0, 4.0, 21.0), (0.0, 15.0, 0.0))
    entry = [(92.0 * w, -92.0, 100.0), (60.0 * w, -70.0, 122.0), (10.0, -30.0, 100.0), (-20.0 * w, -16.0, 60.0)]
    atrial = along([*entry, (-26.0 * w, -22.0, -10.0), (-30.0 * w, -40.0, -30.0), (-20.0 * w, -48.0, -14.0)])
    ventricular = along([*entry, (-22.0 * w, -18.0, -30.0), (0.0, -40.0, -82.0), (40.0 * w, -62.0, -92.0)])
    return _with(
        signs,
        cases=(*signs.cases, case),
        wires=(*signs.wires, Tube(atrial, 0.9, density=0.8), Tube(ventricular, 0.9, density=0.8)),
        outlines={**signs.outlines, "pacemaker": (case,)},
    )


def _line(body: Thorax, signs: Signs, f: Finding, rng: np.random.Generator) -> Signs:
    w = body.build.width
    neck = (-42.0, -10.0, 190.0 + float(rng.uniform(0, 20)))
    tip = (-17.0 * w, -14.0, float(rng.uniform(5, 30)))
    curve = along([neck, (-32.0, -20.0, 130.0), (-20.0 * w, -18.0, 80.0), tip])
    return _with(signs, wires=(*signs.wires, Tube(curve, 1.0, density=0.45)))


def _sternotomy(body: Thorax, signs: Signs, f: Finding, rng: np.random.Generator) -> Signs:
    turns = np.linspace(0, 2 * np.pi, 160)
    wires = [
        Tube(np.stack([3 + 9 * np.sin(turns), -82 + 9 * np.cos(turns), z + 4 * np.sin(turns + tilt)], axis=1), 0.6)
        for z, tilt in zip(np.arange(90.0, -50.0, -24.0), rng.uniform(0, 3, 6), strict=True)
    ]
    return _with(signs, wires=(*signs.wires, *wires))


KINDS = {
    "effusion": _effusion,
    "pneumothorax": _pneumothorax,
    "consolidation": _consolidation,
    "edema": _edema,
    "nodule": _nodule,
    "atelectasis": _atelectasis,
    "pacemaker": _pacemaker,
    "line": _line,
    "sternotomy": _sternotomy,
}
"""What renders each kind of finding, apart from cardiomegaly, which widens the heart itself."""


def _with(signs: Signs, **changes: object) -> Signs:
    return replace(signs, **changes)  # type: ignore[arg-type]

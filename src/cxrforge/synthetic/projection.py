"""From solids to what the beam has lost on its way: the sum of attenuation along each ray (Beer–Lambert)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cxrforge.synthetic.anatomy import Thorax
from cxrforge.synthetic.findings import Signs
from cxrforge.synthetic.planes import Plane, resized, rough
from cxrforge.synthetic.skeleton import Skeleton, bone_plane
from cxrforge.synthetic.solids import Chord, Ellipsoid, Tube, View, along, covered, hull, swept
from cxrforge.synthetic.vasculature import vessel_plane

SOFT = 0.0158
"""Effective attenuation of soft tissue at about 120 kV, per millimetre (broad beam)."""
BONE_EXTRA = 0.031
LUNG = 0.27
"""Density of aerated lung as a share of soft tissue."""
METAL = 0.35

COARSE = 4
FINE = 2


@dataclass(frozen=True, slots=True)
class Shadow:
    """Attenuation along each ray of the fine grid, and the outlines that the truth tells, on the coarse grid."""

    loss: Plane
    masks: dict[str, Plane]
    lung_mm: Plane
    body: Plane


def project(
    body: Thorax,
    bones: Skeleton | None,
    vessels: tuple[Tube, ...],
    signs: Signs,
    view: View,
    lateral: bool,
    rng: np.random.Generator,
) -> Shadow:
    """Return the shadow of one person in one view; `view` has the pitch of the detector."""
    coarse, fine = view.coarser(COARSE), view.coarser(FINE)
    tissue = _tissue(body, coarse, lateral)
    outline = (tissue > 0).astype(np.float32)
    obstacles = [s.chord(coarse) for s in (*body.heart, *body.vessels, body.spine_soft, *signs.solids)]
    lungs = {side: _lung(body, signs, side, obstacles, coarse) for side in body.lungs}
    air = sum((lung for lung, _ in lungs.values()), np.zeros_like(tissue))
    free = sum((gap for _, gap in lungs.values()), np.zeros_like(tissue))
    gas = sum((g.chord(coarse).length() for g in body.gas), np.zeros_like(tissue))
    loss = SOFT * _fatty(tissue, coarse, rng) - SOFT * ((1 - LUNG) * air + 0.98 * free + 0.9 * gas)
    loss += SOFT * signs.haze(coarse, air)
    full = _enlarged(loss, fine) + _detail(body, bones, vessels, signs, fine, air + free, lateral, rng)
    np.maximum(full, 0, out=full)
    return Shadow(full, _masks(body, signs, coarse, lateral), air, outline)


def _tissue(body: Thorax, view: View, lateral: bool) -> Plane:
    """Return millimetres of everything that is not outside air: trunk and neck overlap, arms and breasts stand out."""
    trunk = hull([s.chord(view) for s in body.body])
    total = trunk.length()
    for apart in (*body.breasts, *(body.arms_up if lateral else body.arms_down)):
        chord = apart.chord(view)
        total += chord.length() - (chord & trunk).length()
    return total


def _lung(body: Thorax, signs: Signs, side: str, obstacles: Sequence[Chord], view: View) -> tuple[Plane, Plane]:
    """Return millimetres of aerated lung and of free air along each ray of one side."""
    whole = body.lungs[side].chord(view)
    blocked = [*obstacles, body.domes[side].chord(view)]
    inside = whole
    for limit in signs.limits.get(side, ()):
        inside = inside & limit.chord(view)
    aerated = inside.length() - covered(inside, blocked)
    free = np.zeros_like(aerated)
    collapsed = signs.collapsed.get(side)
    if collapsed is not None:
        core = inside & collapsed.chord(view)
        kept = core.length() - covered(core, blocked)
        skin = (collapsed.chord(view).length() - collapsed.scaled(0.988).chord(view).length()) * (kept > 0)
        free, aerated = np.maximum(aerated - kept, 0), np.maximum(kept - 1.3 * skin, 0)
    return aerated, free


def _fatty(tissue: Plane, view: View, rng: np.random.Generator) -> Plane:
    """Return tissue with the slow unevenness of muscle and fat."""
    wave = resized(rng.standard_normal((9, 8), np.float32), view.rows, view.columns)
    return tissue * (1 + np.float32(0.012) * wave)


def _detail(
    body: Thorax,
    bones: Skeleton | None,
    vessels: tuple[Tube, ...],
    signs: Signs,
    view: View,
    air: Plane,
    lateral: bool,
    rng: np.random.Generator,
) -> Plane:
    """Return what needs the fine grid: bone, vessels, airways, devices, the grain of lung and bone."""
    large = view.coarser(COARSE // FINE)
    smooth = BONE_EXTRA * bone_plane(bones, large, lateral) if bones else np.zeros_like(air)
    grainy = _enlarged(smooth, view) * (1 + np.float32(0.10) * _grain(view, rng, (0.6, 1.2, 2.5)))
    airway = sum((swept([tube], large) for tube in body.airway), np.zeros_like(air))
    aorta = swept(body.aorta, large) * np.clip(air / 60, 0, 1)
    depth = _enlarged(air, view)
    within: Plane = np.clip((depth - 25) / 60, 0, 1).astype(np.float32)
    blood = vessel_plane(vessels, view) * within
    grain = _grain(view, rng, (0.7, 1.4, 2.8))
    loss = grainy + SOFT * (1.25 * blood + _enlarged(0.5 * aorta - 0.9 * airway, view))
    loss += SOFT * np.float32(0.022) * depth * grain * np.float32(signs.coarseness)
    return loss + METAL * signs.metal(view, lateral) + SOFT * signs.lines(view, within)


def _grain(view: View, rng: np.random.Generator, scales_mm: Sequence[float]) -> Plane:
    """Return noise of mean 0 whose strength grows with its scale, as in tissue."""
    total = np.zeros((view.rows, view.columns), np.float32)
    for scale in scales_mm:
        total += rough(rng, view.rows, view.columns, scale / view.pitch) * np.float32(scale**0.5)
    return total / np.float32(sum(scales_mm) ** 0.5)


def _enlarged(plane: Plane, view: View) -> Plane:
    return resized(plane.astype(np.float32), view.rows, view.columns)


def _masks(body: Thorax, signs: Signs, view: View, lateral: bool) -> dict[str, Plane]:
    """Return outlines as a reader would draw them: lungs without heart, mediastinum and what lies below the domes."""
    heart = np.any([h.chord(view).length() > 0 for h in body.heart], axis=0)
    above = ~np.any([d.chord(view).length() > 0 for d in body.domes.values()], axis=0)
    masks = {"heart": (heart & above).astype(np.float32)}
    centre = np.any([v.chord(view).length() > 0 for v in (*body.vessels[:-1], body.spine_soft)], axis=0)
    for side, lung in body.lungs.items():
        field = (lung.chord(view).length() > 12) & above
        masks[f"{side}_lung"] = (field if lateral else field & ~heart & ~centre).astype(np.float32)
    for name, mask in signs.masks(view).items():
        masks[name] = mask
    return masks


def limb(rows: int, columns: int, pitch: float, rng: np.random.Generator) -> Plane:
    """Return the attenuation of a knee, for the image that is no chest; two bones meet in a joint."""
    view = View((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), rows, columns, pitch, (0.0, 0.0))
    flesh = Ellipsoid((0.0, 0.0, 40.0), (66.0, 62.0, 320.0)).chord(view).length()
    thigh = Tube(along([(4.0, 0.0, 200.0), (2.0, 0.0, 60.0), (0.0, 0.0, 22.0)]), 17.0, rim=0.5, density=0.7)
    shin = Tube(along([(0.0, 0.0, -18.0), (-2.0, 0.0, -60.0), (-4.0, 0.0, -200.0)]), 15.0, rim=0.5, density=0.7)
    calf = Tube(along([(36.0, 6.0, -30.0), (38.0, 6.0, -90.0), (34.0, 6.0, -200.0)]), 6.0, rim=0.5)
    bone = swept([thigh], view) + swept([shin], view) + swept([calf], view)
    for x, z in ((-21.0, 14.0), (21.0, 14.0), (-19.0, -15.0), (19.0, -15.0)):
        bone += 0.4 * Ellipsoid((x, 0.0, z), (24.0, 28.0, 17.0)).chord(view).length()
    return SOFT * flesh + BONE_EXTRA * bone * (1 + np.float32(0.1) * _grain(view, rng, (0.6, 1.2, 2.5)))

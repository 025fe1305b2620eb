"""Chords and tubes against what geometry says."""

from __future__ import annotations

from functools import partial

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from cxrforge.synthetic.solids import Ellipsoid, Tube, View, along, covered, swept, turned

VIEW = View((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), 120, 100, 1.0, (0.0, 0.0))


NUMBERS = partial(st.floats, allow_subnormal=False)  # libraries built with -ffast-math flush them in the whole process


@given(
    semi=st.tuples(*[NUMBERS(8, 20)] * 3),
    tilt=st.tuples(*[NUMBERS(-60, 60)] * 3),
    degrees=NUMBERS(-180, 180),
)
@settings(max_examples=30, deadline=None)
def test_chords_of_an_ellipsoid_add_up_to_its_volume_from_any_side(semi, tilt, degrees) -> None:
    across, ray = turned(degrees)
    view = View(across, ray, 120, 120, 0.5, (0.0, 0.0))
    volume = Ellipsoid((0.0, 0.0, 0.0), semi, tilt).chord(view).length().sum() * view.pitch**2
    assert np.isclose(volume, 4 / 3 * np.pi * np.prod(semi), rtol=0.02)


@given(st.lists(st.tuples(NUMBERS(-20, 20), NUMBERS(5, 25)), min_size=1, max_size=6))
@settings(max_examples=30, deadline=None)
def test_covered_length_is_that_of_the_union(balls) -> None:
    within = Ellipsoid((0.0, 0.0, 0.0), (40.0, 40.0, 40.0)).chord(VIEW)
    solids = [Ellipsoid((0.0, y, 0.0), (r, r, r)).chord(VIEW) for y, r in balls]
    found = covered(within, solids)[60, 50]
    depth = np.linspace(-60, 60, 24001)
    inside = (depth > within.enter[60, 50]) & (depth < within.leave[60, 50])
    hit = np.any([(depth > s.enter[60, 50]) & (depth < s.leave[60, 50]) for s in solids], axis=0)
    assert abs(found - np.mean(inside & hit) * 120) < 0.05


def test_a_swept_tube_keeps_its_volume() -> None:
    tube = Tube(along([(-20.0, 0.0, 5.0), (0.0, 10.0, 0.0), (20.0, 0.0, -5.0)]), 4.0)
    length = np.linalg.norm(np.diff(tube.points, axis=0), axis=1).sum()
    assert np.isclose(swept([tube], VIEW).sum(), length * np.pi * 16, rtol=0.02)


def test_coarser_views_look_at_the_same_field() -> None:
    ball = Ellipsoid((11.0, 0.0, -7.0), (15.0, 12.0, 20.0))
    coarse = VIEW.coarser(4)
    rows, columns = np.nonzero(ball.chord(coarse).length())
    u, z = coarse.grid()
    assert abs(u[0, columns].mean() - 11) < 1
    assert abs(z[rows, 0].mean() + 7) < 1

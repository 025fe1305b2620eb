"""Which PA represents a study."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from imaging_factory import fit_facts

from cxrforge.imaging.selection import select


def test_presentation_before_not_said_and_original_before_derived() -> None:
    images = [
        ("derived", fit_facts(image_type=("DERIVED", "PRIMARY"), rows=9000)),
        ("unsaid", fit_facts(presentation_intent=None, rows=9000)),
        ("best", fit_facts()),
    ]
    assert select(images).primary == "best"


def test_larger_matrix_then_lower_instance_number_then_identifier() -> None:
    assert select([("a", fit_facts()), ("b", fit_facts(rows=3001))]).primary == "b"
    assert select([("a", fit_facts(instance_number=2)), ("b", fit_facts(instance_number=1))]).primary == "b"
    assert select([("b", fit_facts()), ("a", fit_facts())]).primary == "a"


def test_laterals_come_along_and_the_rest_is_marked_or_left_out_with_a_reason() -> None:
    chosen = select(
        [
            ("pa", fit_facts()),
            ("pa2", fit_facts(rows=2100)),
            ("lat", fit_facts(view="LATERAL")),
            ("ap", fit_facts(view="AP")),
            ("raw", fit_facts(kind="for-processing", rows=9000)),
            ("soft", fit_facts(kind="dual-energy")),
        ]
    )
    assert chosen.primary == "pa" and chosen.laterals == ("lat",)
    assert chosen.others == (("pa2", "repeat"), ("ap", "ap")) or set(chosen.others) == {("pa2", "repeat"), ("ap", "ap")}
    assert {(name, issue.code) for name, issue in chosen.left_out} == {
        ("raw", "image-for-processing"),
        ("soft", "image-dual-energy"),
    }


def test_ap_is_not_pa() -> None:
    chosen = select([("ap", fit_facts(view="AP"))])
    assert chosen.primary is None and [i.code for i in chosen.issues] == ["study-no-pa"]


def test_an_untold_view_leaves_the_study_undecided() -> None:
    chosen = select([("x", fit_facts(view=None)), ("lat", fit_facts(view="LATERAL"))])
    assert chosen.primary is None and [i.code for i in chosen.issues] == ["study-view-undecided"]


FACTS = st.builds(
    fit_facts,
    view=st.sampled_from(["PA", "AP", "LATERAL", "OTHER", None]),
    kind=st.sampled_from(["primary", "derived", "for-processing", "cad"]),
    rows=st.sampled_from([2100, 3000]),
    instance_number=st.sampled_from([None, 1, 2]),
    presentation_intent=st.sampled_from(["FOR PRESENTATION", "FOR PROCESSING", None]),
)


@given(st.lists(FACTS, max_size=6), st.randoms())
def test_the_choice_ignores_the_order_and_loses_no_image(facts: list, random) -> None:
    images = [(f"i{n}", f) for n, f in enumerate(facts)]
    chosen = select(images)
    shuffled = images.copy()
    random.shuffle(shuffled)
    assert select(shuffled) == chosen
    places = [chosen.primary] if chosen.primary else []
    places += [*chosen.laterals, *(n for n, _ in chosen.others), *(n for n, _ in chosen.left_out)]
    assert sorted(places) == sorted(name for name, _ in images)

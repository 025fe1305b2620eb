"""Repeats over two patients are found, told, counted and decided."""

from __future__ import annotations

import base64
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa
from scipy.ndimage import gaussian_filter

from cxrforge.catalogue.database import Catalogue
from cxrforge.catalogue.duplicates import repeat_counts, repeats
from cxrforge.catalogue.schema import image, issue, outcome, patient, site, study
from cxrforge.errors import UsageError
from cxrforge.imaging.duplicates import fingerprint
from cxrforge.repeats import EXAMINATION, decide_repeat, search_repeats


def scene(seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    made = sum(gaussian_filter(rng.normal(size=(300, 260)), s) * s for s in (4, 9, 20))
    return ((made - made.min()) / np.ptp(made)).astype(np.float32)


def add(catalogue: Catalogue, name: str, person: str, picture: np.ndarray, made: str = "a") -> None:
    text = base64.b64encode(fingerprint(picture).to_bytes()).decode()
    with catalogue.write() as connection:
        if not connection.execute(sa.select(site)).first():
            connection.execute(sa.insert(site).values(id="s", country="DE", language="de", unpaired=False))
        if not connection.execute(sa.select(patient).where(patient.c.id == person)).first():
            connection.execute(sa.insert(patient).values(id=person, site="s"))
        row = {"id": f"study-{name}", "site": "s", "patient": person, "stopped": False, "state": "accepted"}
        connection.execute(sa.insert(study).values(**row))
        row = {"id": name, "site": "s", "study": f"study-{name}", "file": "f", "content": name, "facts": {}}
        connection.execute(sa.insert(image).values(**row, least_side=2048, bits_stored=12))
        row = {"stage": EXAMINATION, "entity": name, "site": "s", "version": "1", "input_hash": "", "config_hash": ""}
        row |= {"state": "done", "output_hash": made, "payload": {"fingerprint": text}, "tries": 1}
        connection.execute(sa.insert(outcome).values(**row))


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    made = Catalogue("sqlite:///c.sqlite", tmp_path)
    add(made, "a", "p1", scene(1))
    add(made, "b", "p1", scene(1) ** 1.2)  # a copy under the same patient is no repeat over two
    add(made, "c", "p2", scene(2))
    return made


def counted(catalogue: Catalogue) -> tuple[int, int] | None:
    with catalogue.read() as connection:
        return repeat_counts(connection, EXAMINATION)


def told(catalogue: Catalogue) -> dict[str, str]:
    with catalogue.read() as connection:
        return {row.entity: row.code for row in connection.execute(sa.select(issue))}


def test_nothing_is_counted_before_the_search_and_copies_of_one_patient_are_none(catalogue: Catalogue) -> None:
    assert counted(catalogue) is None
    assert search_repeats(catalogue) == 3
    assert counted(catalogue) == (0, 0) and told(catalogue) == {}
    assert search_repeats(catalogue) == 0


def test_an_image_that_comes_later_under_another_patient_is_found_and_a_person_decides(catalogue: Catalogue) -> None:
    search_repeats(catalogue)
    add(catalogue, "d", "p3", np.ascontiguousarray(1 - scene(2)[:, ::-1]))
    assert counted(catalogue) is None, "an image was not compared"
    assert search_repeats(catalogue) == 1
    with catalogue.read() as connection:
        (found,) = repeats(connection)
    assert (found.first, found.second, found.mirrored, found.inverted) == ("c", "d", True, True)
    assert counted(catalogue) == (1, 0) and told(catalogue) == {"c": "image-repeated", "d": "image-repeated"}
    decide_repeat(catalogue, "d", "c", same=False)
    assert counted(catalogue) == (0, 0) and told(catalogue) == {}
    with pytest.raises(UsageError):
        decide_repeat(catalogue, "a", "c", same=True)


def test_an_image_that_is_gone_takes_its_pairs_along_and_a_new_one_is_compared_again(catalogue: Catalogue) -> None:
    add(catalogue, "d", "p3", scene(1))
    search_repeats(catalogue)
    assert counted(catalogue) == (2, 0)
    with catalogue.write() as connection:
        connection.execute(sa.delete(outcome).where(outcome.c.entity == "b"))
        connection.execute(sa.update(outcome).where(outcome.c.entity == "a").values(output_hash="again"))
    assert search_repeats(catalogue) == 1
    assert counted(catalogue) == (1, 0)
    with catalogue.read() as connection:
        assert [(r.first, r.second) for r in repeats(connection)] == [("a", "d")]

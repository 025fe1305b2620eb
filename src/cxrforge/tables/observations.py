"""The labelling policy as data: precedence, subjects whose state is an observation, parents, No Finding."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from cxrforge.errors import TableError
from cxrforge.records import OBSERVATIONS, Assertion
from cxrforge.tables.files import read_toml

NO_FINDING = "No Finding"
SUPPORT_DEVICES = "Support Devices"
LUNG_LESION = "Lung Lesion"


@dataclass(frozen=True, slots=True)
class ObservationPolicy:
    """How mentions become labels.

    `abnormal` gives the assertion that an abnormal subject amounts to (None: nothing is stated).
    `ignore_calcified_nodules` leaves nodules out that the text calls calcified, as CheXpert's guidance does.
    """

    sections: tuple[str, ...]
    assertions: tuple[Assertion, ...]
    subjects: Mapping[str, str]
    abnormal: Mapping[str, Assertion | None]
    parents: Mapping[str, str]
    blocks_no_finding: frozenset[str]
    ignore_calcified_nodules: bool

    @property
    def pathologies_and_devices(self) -> tuple[str, ...]:
        """Return the observations that texts mention: all but No Finding."""
        return tuple(o for o in OBSERVATIONS if o != NO_FINDING)


@cache
def load() -> ObservationPolicy:
    """Return the default policy; raise `TableError` when a part is missing or names no observation."""
    where = "observations.toml"
    data = read_toml(where)
    try:
        policy = ObservationPolicy(
            sections=tuple(data["precedence"]["sections"]),
            assertions=tuple(Assertion(a) for a in data["precedence"]["assertions"]),
            subjects=MappingProxyType(dict(data["subjects"])),
            abnormal=MappingProxyType(
                {k: None if v == "none" else Assertion(v) for k, v in data["abnormal"].items()},
            ),
            parents=MappingProxyType(dict(data["parents"])),
            blocks_no_finding=frozenset(data["no_finding"]["blocked_by"]),
            ignore_calcified_nodules=data["calcified_nodules"]["ignored"],
        )
    except (KeyError, TypeError, ValueError) as error:
        raise TableError(f"labelling policy is incomplete: {error}", where=where) from error
    named = {*policy.subjects.values(), *policy.parents, *policy.parents.values(), *policy.blocks_no_finding}
    if unknown := sorted(named - set(OBSERVATIONS)):
        raise TableError(f"unknown observation {unknown[0]}", where=where)
    if not isinstance(policy.ignore_calcified_nodules, bool):
        raise TableError("calcified_nodules.ignored must be true or false", where=where)
    if set(policy.subjects) != set(policy.abnormal) or set(policy.assertions) != set(Assertion):
        raise TableError("labelling policy is incomplete: subjects and assertions must all be ruled on", where=where)
    return policy

"""From mentions to the fourteen labels of a report, by the policy table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from cxrforge.records import OBSERVATIONS, Assertion, Mention
from cxrforge.tables.observations import NO_FINDING, ObservationPolicy


def aggregate(mentions: Iterable[Mention], policy: ObservationPolicy) -> Mapping[str, Assertion | None]:
    """Return a label per observation: the first section in precedence that speaks, its strongest assertion."""
    said: dict[tuple[str, str], set[Assertion]] = {}
    for mention in mentions:
        said.setdefault((mention.observation, mention.section), set()).add(mention.assertion)
    labels = {o: _label(o, said, policy) for o in OBSERVATIONS if o != NO_FINDING}
    found = {o for o, label in labels.items() if label in (Assertion.PRESENT, Assertion.UNCERTAIN)}
    labels[NO_FINDING] = None if found & policy.blocks_no_finding else Assertion.PRESENT
    return MappingProxyType({o: labels[o] for o in OBSERVATIONS})


def _label(
    observation: str, said: Mapping[tuple[str, str], set[Assertion]], policy: ObservationPolicy
) -> Assertion | None:
    for section in policy.sections:
        if assertions := said.get((observation, section)):
            return next(a for a in policy.assertions if a in assertions)
    return None

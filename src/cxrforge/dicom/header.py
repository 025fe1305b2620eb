"""The choice of profile options (PS3.15 E.3) and what follows from it for every attribute."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from cxrforge.errors import ConfigError
from cxrforge.tables import profile

CLEAN_PIXEL_DATA = "clean-pixel-data"
FULL_DATES = "retain-longitudinal-full-dates"
MODIFIED_DATES = "retain-longitudinal-modified-dates"
OPTION_CODES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        CLEAN_PIXEL_DATA: ("113101", "Clean Pixel Data Option"),
        "clean-graphics": ("113103", "Clean Graphics Option"),
        "clean-structured-content": ("113104", "Clean Structured Content Option"),
        "clean-descriptors": ("113105", "Clean Descriptors Option"),
        FULL_DATES: ("113106", "Retain Longitudinal Temporal Information Full Dates Option"),
        MODIFIED_DATES: ("113107", "Retain Longitudinal Temporal Information Modified Dates Option"),
        "retain-patient-characteristics": ("113108", "Retain Patient Characteristics Option"),
        "retain-device-identity": ("113109", "Retain Device Identity Option"),
        "retain-uids": ("113110", "Retain UIDs Option"),
        "retain-safe-private": ("113111", "Retain Safe Private Option"),
        "retain-institution-identity": ("113112", "Retain Institution Identity Option"),
    }
)
"""Options in the order of their codes in CID 7050 (PS3.16): name to code value and meaning."""

BASIC_PROFILE_CODE = ("113100", "Basic Application Confidentiality Profile")
DEFAULT_OPTIONS = (CLEAN_PIXEL_DATA, "clean-descriptors")


@dataclass(frozen=True, slots=True)
class Policy:
    """The Basic Profile with these options, for one site. Make it with `make_policy`."""

    options: tuple[str, ...] = DEFAULT_OPTIONS
    site: str = ""

    def has(self, option: str) -> bool:
        """Say whether `option` is in force."""
        return option in self.options


def make_policy(options: Iterable[str], site: str = "") -> Policy:
    """Return a policy; raise `ConfigError` for an unknown option or two that contradict each other."""
    wanted = set(options)
    for name in sorted(wanted):
        if name not in OPTION_CODES:
            raise ConfigError("no such profile option", expected=", ".join(OPTION_CODES), found=repr(name))
    if {FULL_DATES, MODIFIED_DATES} <= wanted:
        raise ConfigError(
            "full dates and modified dates contradict each other", expected=f"{FULL_DATES} or {MODIFIED_DATES}"
        )
    return Policy(tuple(o for o in OPTION_CODES if o in wanted), site)


@dataclass(frozen=True, slots=True)
class Rule:
    """What Table E.1-1 says of one attribute under a policy: an action and where it comes from."""

    action: str
    source: str


@dataclass(frozen=True, slots=True)
class Rules:
    """Every row of Table E.1-1, resolved for a policy."""

    by_tag: Mapping[int, Rule]
    patterns: Mapping[str, Rule]
    kept: frozenset[int]


@lru_cache(maxsize=64)
def rules_for(policy: Policy) -> Rules:
    """Return the resolved table."""
    table = profile.load()
    by_tag = {tag: _resolve(row, policy) for tag, row in table.rows.items()}
    return Rules(
        MappingProxyType(by_tag),
        MappingProxyType({name: _resolve(row, policy) for name, row in table.patterns.items()}),
        frozenset(tag for tag, rule in by_tag.items() if rule.action == "K"),
    )


def _resolve(row: profile.Row, policy: Policy) -> Rule:
    """Pick the action: cleaning beats keeping, either beats the Basic Profile."""
    cells = [(row.options[o], o) for o in policy.options if o in row.options]
    for letter in ("C", "K"):
        for cell, option in cells:
            if cell == letter:
                return Rule(letter, f"E.1-1 ({row.tag}) {option}")
    return Rule(row.basic, f"E.1-1 ({row.tag})")

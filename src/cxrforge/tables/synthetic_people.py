"""Made-up names, hospitals and makers of equipment for the synthetic consortium."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from cxrforge.errors import TableError
from cxrforge.tables.files import read_toml

SHORTEST_NAME = 6
"""Planted names are at least this long, so that none occurs inside an ordinary word."""


@dataclass(frozen=True, slots=True)
class Names:
    """Made-up family and given names of one language."""

    family: tuple[str, ...]
    female: tuple[str, ...]
    male: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Hospital:
    """A made-up hospital; in `id_style` and `accession_style` # is a digit and ~ the two digits of the year."""

    id: str
    name: str
    city: str
    street: str
    postcode: str
    phone: str
    country: str
    language: str
    vendor: str
    issuer: str
    id_style: str
    accession_style: str
    date: str
    ward: str
    formats: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Look:
    """A maker's processing for presentation (see `cxrforge.synthetic.detector`)."""

    slow: float
    detail: float
    curve: float
    shutter: bool


@dataclass(frozen=True, slots=True)
class Vendor:
    """What a device of one maker tends to write; `view` and `lateral` are its View Position (0018,5101)."""

    id: str
    manufacturer: str
    models: tuple[str, ...]
    modality: str
    bits: int
    charset: str
    photometric: tuple[str, ...]
    syntaxes: tuple[str, ...]
    view: str
    lateral: str
    body_part: str
    private_creator: str
    private_group: int
    look: Look


@dataclass(frozen=True, slots=True)
class People:
    """The whole table: names by language, hospitals in their order, vendors by id."""

    names: Mapping[str, Names]
    hospitals: tuple[Hospital, ...]
    vendors: Mapping[str, Vendor]


@cache
def load() -> People:
    """Return names, hospitals and vendors; raise `TableError` where one refers to what is not there."""
    try:
        names = {
            language: Names(tuple(row["family"]), tuple(row["female"]), tuple(row["male"]))
            for language, row in read_toml("synthetic/names.toml").items()
        }
        hospitals = tuple(
            Hospital(**{**row, "formats": tuple(row["formats"])})
            for row in read_toml("synthetic/hospitals.toml")["hospital"]
        )
        vendors = {key: _vendor(key, row) for key, row in read_toml("synthetic/vendors.toml").items()}
    except (KeyError, TypeError) as error:
        raise TableError(f"row is incomplete: {error}", where="synthetic/") from error
    _checked(names, hospitals, vendors)
    return People(MappingProxyType(names), hospitals, MappingProxyType(vendors))


def _vendor(key: str, row: dict[str, object]) -> Vendor:
    lists: dict[str, object] = {name: tuple(row[name]) for name in ("models", "photometric", "syntaxes")}  # type: ignore[arg-type]
    return Vendor(id=key, **{**row, **lists, "look": Look(**row["look"])})  # type: ignore[arg-type]


def _checked(names: Mapping[str, Names], hospitals: tuple[Hospital, ...], vendors: Mapping[str, Vendor]) -> None:
    for language, row in names.items():
        for part in (*row.family, *row.female, *row.male):
            if len(part) < SHORTEST_NAME:
                raise TableError(f"a name of {language} is shorter than {SHORTEST_NAME}", where="synthetic/names.toml")
        if not (row.family and row.female and row.male):
            raise TableError(f"names of {language} are missing", where="synthetic/names.toml")
    if not hospitals:
        raise TableError("no hospitals", where="synthetic/hospitals.toml")
    for hospital in hospitals:
        if hospital.language not in names or hospital.vendor not in vendors:
            raise TableError(f"{hospital.id} has no names or no vendor", where="synthetic/hospitals.toml")

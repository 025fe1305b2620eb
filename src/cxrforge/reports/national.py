"""National numbers that prove themselves by their check digit, however their digits are grouped."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from cxrforge.identity.text import digits_in
from cxrforge.records import Category, Span

_GROUPED = re.compile(
    r"(?<![\w.,/+-])(?:\d{9,15}|\d{2,8}(?P<s>[ .\-])\d{2,8}(?:(?P=s)\d{2,8}){0,3}(?:[ \-]\d{2,3}(?:[.]\d\d)?|[ \-]\d)?)(?![\w/]|[.,-]\d)"  # noqa: E501 (a pattern reads better whole)
)
_LETTERED = re.compile(
    r"(?<![\w.,/-])(?:[a-z]{6}\d\d[a-ehlmprst]\d\d[a-z]\d{3}[a-z]|[xyz]?\d{7,8}[- ]?[a-z]|[a-z]\d{9})(?![\w/])"
)
_DNI = "trwagmyfpdxbnjzsqvhlcke"
_ODD = dict(zip("0123456789abcdefghijklmnopqrstuvwxyz", (
    1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22,
    25, 24, 23), strict=True))  # fmt: skip
"""Values of the characters at odd places of a codice fiscale (D.M. 23 December 1976, table of odd characters)."""


def _weighted(digits: Sequence[int], weights: Sequence[int]) -> int:
    return sum(d * w for d, w in zip(digits, weights, strict=False))


def is_nhs(d: Sequence[int]) -> bool:
    """Tell whether ten digits are an NHS, H&C or CHI number (weights 10 to 2, modulo 11)."""
    return len(d) == 10 and (11 - _weighted(d, range(10, 1, -1)) % 11) % 11 == d[9] and len(set(d)) > 2


def is_bsn(d: Sequence[int]) -> bool:
    """Tell whether nine digits are a Dutch BSN (eleven-proof)."""
    return len(d) == 9 and (_weighted(d[:8], range(9, 1, -1)) - d[8]) % 11 == 0 and len(set(d)) > 2


def is_nif(d: Sequence[int]) -> bool:
    """Tell whether nine digits are a Portuguese NIF or NISS number (weights 9 to 2, modulo 11)."""
    rest = 11 - _weighted(d[:8], range(9, 1, -1)) % 11 if len(d) == 9 else -1
    return len(d) == 9 and d[8] == (0 if rest > 9 else rest) and len(set(d)) > 2


def is_pesel(d: Sequence[int]) -> bool:
    """Tell whether eleven digits are a PESEL (weights 1 3 7 9, modulo 10)."""
    return len(d) == 11 and (_weighted(d, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3)) + d[10]) % 10 == 0 and len(set(d)) > 2


def is_cpf(d: Sequence[int]) -> bool:
    """Tell whether eleven digits are a Brazilian CPF (two check digits, modulo 11)."""
    if len(d) != 11 or len(set(d)) == 1:
        return False
    first = _weighted(d, range(10, 1, -1)) * 10 % 11 % 10
    second = _weighted(d, range(11, 1, -1)) * 10 % 11 % 10
    return d[9] == first and d[10] == second


def is_niss(d: Sequence[int]) -> bool:
    """Tell whether eleven digits are a Belgian national number (97 less the rest modulo 97)."""
    if len(d) != 11:
        return False
    number, check = int("".join(map(str, d[:9]))), d[9] * 10 + d[10]
    return check in (97 - number % 97, 97 - (2_000_000_000 + number) % 97)


def is_tax_id(d: Sequence[int]) -> bool:
    """Tell whether eleven digits are a German tax number (ISO 7064, MOD 11,10)."""
    if len(d) != 11 or not d[0]:
        return False
    product = 10
    for digit in d[:10]:
        total = (digit + product) % 10 or 10
        product = total * 2 % 11
    return (11 - product) % 10 == d[10]


def is_ahv(d: Sequence[int]) -> bool:
    """Tell whether thirteen digits are a Swiss AHV number (756, EAN-13)."""
    return len(d) == 13 and d[:3] == [7, 5, 6] and (_weighted(d, (1, 3) * 6) + d[12]) % 10 == 0


def is_nir(d: Sequence[int]) -> bool:
    """Tell whether fifteen digits are a French NIR (97 less the rest modulo 97)."""
    number = int("".join(map(str, d[:13]))) if len(d) == 15 else -1
    return len(d) == 15 and d[0] in (1, 2, 3, 4, 7, 8) and 97 - number % 97 == d[13] * 10 + d[14]


def is_dni(value: str) -> bool:
    """Tell whether a value is a Spanish DNI or NIE (letter by the rest modulo 23)."""
    if len(value) != 9 or not value[-1].isalpha():
        return False
    number = value[:-1].replace("x", "0", 1).replace("y", "1", 1).replace("z", "2", 1)
    return number.isdigit() and _DNI[int(number) % 23] == value[-1]


def is_codice_fiscale(value: str) -> bool:
    """Tell whether a value is an Italian codice fiscale (check letter over odd and even places)."""
    if len(value) != 16 or not value.isalnum():
        return False
    total = sum(_ODD[c] if i % 2 == 0 else (int(c) if c.isdigit() else ord(c) - 97) for i, c in enumerate(value[:15]))
    return chr(97 + total % 26) == value[15]


def is_kvnr(value: str) -> bool:
    """Tell whether a value is a German health insurance number (letter, nine digits, Luhn over all)."""
    if len(value) != 10 or not value[0].isalpha() or not value[1:].isdigit():
        return False
    digits = [int(c) for c in f"{ord(value[0]) - 96:02d}{value[1:9]}"]
    total = sum(sum(divmod(d * (1 + i % 2), 10)) for i, d in enumerate(digits))
    return total % 10 == int(value[9])


NUMBERS: tuple[tuple[str, Callable[[Sequence[int]], bool]], ...] = (
    ("NHS number", is_nhs), ("BSN", is_bsn), ("NIF", is_nif), ("PESEL", is_pesel), ("CPF", is_cpf), ("NISS", is_niss),
    ("tax number", is_tax_id), ("AHV number", is_ahv), ("NIR", is_nir),
)  # fmt: skip
LETTERED: tuple[tuple[str, Callable[[str], bool]], ...] = (
    ("DNI", is_dni), ("codice fiscale", is_codice_fiscale), ("KVNR", is_kvnr),
)  # fmt: skip


def find_national(low: str) -> Iterator[Span]:
    """Yield numbers whose check digit holds; `low` is the folded text."""
    for match in _GROUPED.finditer(low) if len(digits_in(low)) > 8 else ():
        digits = [int(c) for c in match[0] if c.isdigit()]
        name = next((name for name, holds in NUMBERS if holds(digits)), None)
        if name and len(set(digits)) > 2:
            yield Span(match.start(), match.end(), Category.ID, name)
    for match in _LETTERED.finditer(low):
        value = re.sub(r"[- ]", "", match[0])
        name = next((name for name, holds in LETTERED if holds(value)), None)
        if name:
            yield Span(match.start(), match.end(), Category.ID, name)

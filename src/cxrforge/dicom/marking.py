"""What an output says of its own de-identification (PS3.15 E.2, PS3.3 C.7.1.1 and C.12.1), and nothing untrue."""

from __future__ import annotations

from cxrforge.dicom.charsets import Charset
from cxrforge.dicom.cleaning import clean_text
from cxrforge.dicom.elements import Element
from cxrforge.dicom.header import (
    BASIC_PROFILE_CODE,
    CLEAN_PIXEL_DATA,
    FULL_DATES,
    MODIFIED_DATES,
    OPTION_CODES,
    Policy,
)
from cxrforge.records import KnownIdentifiers, PixelOutcome
from cxrforge.tables import codes, profile

METHOD_PREFIX = "cxrforge PS3.15 "
IDENTITY_REMOVED, METHOD, METHOD_CODES = 0x00120062, 0x00120063, 0x00120064
TEMPORAL, BURNED_IN = 0x00280303, 0x00280301
IMAGE_TYPE, DERIVATION = 0x00080008, 0x00082111
REDACTED = "Burned-in text was redacted."
CODE_VALUE, SCHEME, MEANING = 0x00080100, 0x00080102, 0x00080104


def already_ours(elements: list[Element], charset: Charset) -> bool:
    """Say whether an object carries our method (0012,0063), so that it must not be de-identified a second time."""
    return any(method.startswith(METHOD_PREFIX) for method in _methods(elements, charset))


def mark(
    cleaned: list[Element],
    original: list[Element],
    charset: Charset,
    policy: Policy,
    pixels: PixelOutcome | None,
    known: KnownIdentifiers,
) -> list[Element]:
    """Return the cleaned elements with the attributes that tell how they were cleaned.

    A method that an earlier gateway recorded stays in front of ours.
    """
    history = [clean_text(m, known) for m in _methods(original, charset)]
    methods = [m for m in history if m] + [f"{METHOD_PREFIX}{profile.load().edition} Annex E"]
    temporal = "UNMODIFIED" if policy.has(FULL_DATES) else "MODIFIED" if policy.has(MODIFIED_DATES) else "REMOVED"
    made = {
        IDENTITY_REMOVED: Element(IDENTITY_REMOVED, "CS", b"YES", ours=True),
        METHOD: Element(METHOD, "LO", b"", "\\".join(methods)),
        METHOD_CODES: Element(METHOD_CODES, "SQ", _method_codes(original, policy, pixels)),
        TEMPORAL: Element(TEMPORAL, "CS", temporal.encode(), ours=True),
    }
    if pixels is not None and pixels.examined and all(r.decision != "review" for r in pixels.regions):
        made[BURNED_IN] = Element(BURNED_IN, "CS", b"NO", ours=True)
    if pixels is not None and any(r.decision == "redact" for r in pixels.regions):
        made |= {e.tag: e for e in _derivation(cleaned)}
    kept = {element.tag: element for element in cleaned} | made
    return [kept[tag] for tag in sorted(kept)]


def _derivation(cleaned: list[Element]) -> tuple[Element, Element]:
    """Return Image Type and Derivation Description of pixels that were redacted (PS3.3 C.7.6.1.1.2, C.7.6.1.1.3)."""
    values = {e.tag: e.value for e in cleaned if isinstance(e.value, bytes)}
    kind = values.get(IMAGE_TYPE, b"").strip(b" \0").split(b"\\")
    rest = kind[1:] or [b"PRIMARY"]
    image_type = Element(IMAGE_TYPE, "CS", b"\\".join([b"DERIVED", *rest]), ours=True)
    return image_type, Element(DERIVATION, "ST", REDACTED.encode(), ours=True)


def _methods(elements: list[Element], charset: Charset) -> list[str]:
    for element in elements:
        if element.tag == METHOD and isinstance(element.value, bytes):
            return [m.strip(" \0") for m in charset.decode(element.value).split("\\") if m.strip(" \0")]
    return []


def _method_codes(original: list[Element], policy: Policy, pixels: PixelOutcome | None) -> list[list[Element]]:
    """Return CID 7050 codes: those an earlier gateway recorded, then the profile and the options in force.

    Clean Pixel Data is claimed only when pixels were examined.
    """
    examined = pixels is not None and pixels.examined
    ours = [OPTION_CODES[o] for o in policy.options if o != CLEAN_PIXEL_DATA or examined]
    pairs = dict.fromkeys([*_recorded_codes(original), BASIC_PROFILE_CODE, *ours])
    return [
        [
            Element(CODE_VALUE, "SH", value.encode(), ours=True),
            Element(SCHEME, "SH", b"DCM", ours=True),
            Element(MEANING, "LO", meaning.encode(), ours=True),
        ]
        for value, meaning in pairs
    ]


def _recorded_codes(original: list[Element]) -> list[tuple[str, str]]:
    known = {BASIC_PROFILE_CODE[0], "113102", *(value for value, _ in OPTION_CODES.values())}
    found = []
    for element in original:
        if element.tag == METHOD_CODES and isinstance(element.value, list):
            for item in element.value:
                values = {e.tag: e.value for e in item}
                code = values.get(CODE_VALUE)
                text = code.decode("latin-1").strip(" \0") if isinstance(code, bytes) else ""
                if text in known:
                    found.append((text, codes.load()["DCM", text]))
    return found

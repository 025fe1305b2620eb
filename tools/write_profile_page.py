"""Write docs/profile.md: the conformance statement and the table, from the rows that the code runs.

python tools/write_profile_page.py docs/profile.md
"""

from __future__ import annotations

import sys
from pathlib import Path

from pydicom._dicom_dict import DicomDictionary
from pydicom.datadict import tag_for_keyword

from cxrforge.dicom.header import BASIC_PROFILE_CODE, DEFAULT_OPTIONS, OPTION_CODES
from cxrforge.dicom.profile import tag_text
from cxrforge.tables import iods, profile, profile_additions, safe_private

STATEMENT = Path(__file__).with_name("profile_statement.md")


def render() -> str:
    """Return the page as Markdown."""
    table = profile.load()
    options = ["| option | code (DCM) |", "|---|---|", f"| Basic Profile | {BASIC_PROFILE_CODE[0]} |"]
    options += [f"| {name} | {code} |" for name, (code, _) in OPTION_CODES.items()]
    named = ", ".join(sorted(name for name in iods.load().iods if name != iods.COMMON))
    parts = [
        STATEMENT.read_text(encoding="utf-8").format(
            edition=table.edition,
            rows=len(table.rows) + len(table.patterns),
            options="\n".join(options),
            defaults=", ".join(DEFAULT_OPTIONS),
            iods=named,
            private=len(safe_private.load()),
        ),
        "## Table E.1-1\n",
        "X remove, Z empty (or dummy), D dummy, U new UID, K keep, C clean.\n",
        "| tag | attribute | Basic Profile | " + " | ".join(table.options) + " |",
        "|---|---|---|" + "---|" * len(table.options),
    ]
    rows = [*table.patterns.values(), *(table.rows[tag] for tag in sorted(table.rows))]
    for row in rows:
        cells = " | ".join(row.options.get(option, "") for option in table.options)
        parts.append(f"| {row.tag} | {row.name} | {row.basic} | {cells} |")
    parts += [
        "\n## Attributes that identify although no row names them\n",
        "| tag | attribute | why |",
        "|---|---|---|",
    ]
    parts += [
        f"| {tag_text(tag)} | {DicomDictionary[tag][2]} | {reason} |"
        for tag, reason in sorted(profile_additions.load().items())
        if tag_for_keyword(DicomDictionary[tag][4]) == tag
    ]
    return "\n".join(parts) + "\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(render(), encoding="utf-8")

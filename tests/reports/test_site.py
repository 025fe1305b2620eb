"""What a whole site says about one report: its people by the words that stand there, its own lines, its usual words."""

from __future__ import annotations

from cxrforge.records import KnownIdentifiers, SiteContext
from cxrforge.reports.deidentify import deidentify_report
from cxrforge.reports.site import SiteReports

PEOPLE = (
    KnownIdentifiers(patient_names=("Quibbleworth^Ana",), staff_names=("Naidoo^Priya",)),
    KnownIdentifiers(patient_names=("Small^Petra",), institutions=("Klinikum Rechts der Elster",)),
)
TEXTS = [
    (f"P{n}", f"Radiology Zorvex House\nThe heart is normal. Old film of {month}.\nPrinted page {n}")
    for n, month in enumerate(("Anna", "Bert", "Carl", "Dora", "Emil", "Fred"))
]


def test_another_patient_s_name_is_found_in_a_report_that_names_them() -> None:
    text = "Film of ms quibbleworth mixed up with this one. No effusion seen by Naidoo."
    context = SiteReports([], PEOPLE).about(text)
    assert context.roster.patient_names == ("Quibbleworth^Ana",)
    made = deidentify_report(text, language="en", context=context)
    assert "quibbleworth" not in made.text and "Naidoo" not in made.text


def test_a_name_that_is_an_everyday_word_concerns_a_text_only_with_another_word_of_it() -> None:
    site = SiteReports([], PEOPLE)
    assert not site.about("A small effusion.").roster
    assert site.about("Petra Small was moved to the ward.").roster.patient_names == ("Small^Petra",)


def test_inflected_and_accented_forms_concern_a_text_too() -> None:
    site = SiteReports([], [KnownIdentifiers(patient_names=("Żurawski^Łukasz",))])
    assert site.about("u pana Zurawskiego bez zmian").roster.patient_names
    assert site.about("badanie Łukasza").roster.patient_names
    assert not site.about("serce bez zmian").roster


def test_a_new_colleague_changes_only_the_reports_that_name_them() -> None:
    texts = [*TEXTS, ("P9", "Discussed with Dr Xanthopoulos by phone.")]
    before = SiteReports(texts, PEOPLE)
    after = SiteReports(texts, [*PEOPLE, KnownIdentifiers(staff_names=("Xanthopoulos^Eleni",))])
    changed = [patient for patient, text in texts if before.about(text) != after.about(text)]
    assert changed == ["P9"]


def test_lines_of_many_patients_are_the_site_s_own_and_are_not_published() -> None:
    site = SiteReports(TEXTS, [])
    context = site.about(TEXTS[0][1])
    assert set(context.templates) == {"radiology zorvex house", "printed page 0"}
    made = deidentify_report(TEXTS[0][1], language="en", context=context)
    assert "Zorvex" not in made.text
    assert "Printed" not in made.findings and made.findings.startswith("The heart is normal.")


def test_a_clinical_line_is_never_a_template() -> None:
    texts = [
        (f"P{n}", "Findings:\nNo effusion.\nHeart size normal.\nImpression:\nNo acute disease.") for n in range(50)
    ]
    assert SiteReports(texts, []).about(texts[0][1]).templates == ("findings", "impression")
    made = deidentify_report(texts[0][1], language="en", context=SiteReports(texts, []).about(texts[0][1]))
    assert made.findings == "No effusion.\nHeart size normal." and made.impression == "No acute disease."


def test_a_word_that_looks_like_a_name_goes_to_a_person_and_the_issue_does_not_say_it() -> None:
    text = "FINDINGS: Clear lungs as told to Quibbleworth by phone.\nIMPRESSION: Normal."
    made = deidentify_report(text, language="en")
    assert [i.code for i in made.issues] == ["report-name-doubtful"]
    assert "uibble" not in made.issues[0].detail
    assert [made.text[d.start : d.end] for d in made.doubts] == ["Quibbleworth"]


def test_a_word_that_the_site_writes_for_many_patients_is_not_doubtful() -> None:
    text = "FINDINGS: It went through Primordial today.\nIMPRESSION: Normal."
    site = SiteReports([(f"P{n}", text) for n in range(12)], [])
    assert site.about(text).common == ("primordial",)
    assert deidentify_report(text, language="en", context=site.about(text)).issues == ()
    assert deidentify_report(text, language="en", context=SiteContext()).issues != ()

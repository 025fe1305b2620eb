"""One rule per acceptance criterion."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from cxrforge.audit.bounds import stratified_upper, wilson_lower
from cxrforge.coverage.measures import Measures, ReadingAudit, ReleaseClass, SiteMeasures
from cxrforge.coverage.shortfall import above, be, missing, ratio, where
from cxrforge.formats.words import count, number, percent
from cxrforge.records import CriterionState, SiteState
from cxrforge.tables import criteria
from cxrforge.tables.criteria import Criterion


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule found; `threshold` names the number of the criterion that `value` stands against."""

    met: bool
    value: float | None
    short_by: float
    short_unit: str
    explanation: str
    sites: tuple[SiteState, ...] = ()
    threshold: str = "share"


Rule = Callable[[Measures, Mapping[str, float]], Finding]
Counted = Callable[[SiteMeasures], int]
_STUDIES, _IMAGES, _REPORTS = ("study", "studies"), ("image", "images"), ("report", "reports")


def evaluate(measures: Measures, thresholds: Mapping[str, float], *, final: bool = False) -> tuple[CriterionState, ...]:
    """Return every criterion's state, in the order of the table.

    `thresholds` maps `<criterion>.<name>` to a number and comes from `criteria.resolve_thresholds`; `final` asks for
    the levels of the final release.
    """
    rows = criteria.load()
    return tuple(_state(row, RULES[name](measures, thresholds), thresholds, final) for name, row in rows.items())


def _state(row: Criterion, found: Finding, thresholds: Mapping[str, float], final: bool) -> CriterionState:
    threshold = row.thresholds.get(found.threshold)
    return CriterionState(
        id=row.id,
        title=row.title,
        level=row.level_final if final else row.level,
        met=found.met,
        value=found.value,
        threshold=thresholds[f"{row.id}.{found.threshold}"] if threshold else None,
        unit=threshold.unit if threshold else "",
        short_by=found.short_by,
        short_unit=found.short_unit,
        explanation=found.explanation,
        next_step="" if found.met else row.next_step,
        sites=found.sites,
        relation=threshold.relation if threshold else "at-least",
    )


# ---------------------------------------------------------------- shares of studies, images and reports


def _field(name: str) -> Counted:
    return lambda site: getattr(site, name) or 0


def _share(m: Measures, good: Counted, total: Counted, wanted: float, noun: tuple[str, str], predicate: str) -> Finding:
    """Return how many items meet something against the share `wanted`; `predicate` completes "3 of 5 images …"."""
    have, of = sum(map(good, m.sites)), sum(map(total, m.sites))
    if of == 0:
        return Finding(False, None, 0, noun[1], f"There are no {noun[1]} yet.")
    short = missing(have, of, wanted)
    sites = tuple(_site_share(s, good(s), total(s), wanted) for s in m.sites)
    text = f"{number(have)} of {count(of, *noun)} {predicate}"
    text += f"; {number(short)} short of {percent(wanted)}{where(sites)}" if short else ""
    return Finding(short == 0, have / of, short, noun[1], text + ".", sites)


def _site_share(site: SiteMeasures, have: int, of: int, wanted: float) -> SiteState:
    lacking = missing(have, of, wanted)
    return SiteState(site.site, lacking == 0, ratio(have, of), lacking)


def _share_rule(criterion: str, good: str, total: str, noun: tuple[str, str], predicate: str) -> Rule:
    def rule(m: Measures, t: Mapping[str, float]) -> Finding:
        return _share(m, _field(good), _field(total), t[f"{criterion}.share"], noun, predicate)

    return rule


def _matrix(m: Measures, t: Mapping[str, float]) -> Finding:
    predicate = f"reach {number(t['matrix.pixels'])} pixels on both sides"
    return _share(m, _field("images_matrix_met"), _field("images"), t["matrix.share"], _IMAGES, predicate)


def _depth(m: Measures, t: Mapping[str, float]) -> Finding:
    predicate = f"store and use {number(t['depth.bits'])} bits"
    return _share(m, _field("images_depth_met"), _field("images"), t["depth.share"], _IMAGES, predicate)


def _report_sections(m: Measures, t: Mapping[str, float]) -> Finding:
    have = _field("reports_with_sections")
    predicate = "have Findings and Impression"
    found = _share(m, have, _field("reports"), t["report-sections.share"], _REPORTS, predicate)
    derived = m.total("reports_sections_derived")
    if not derived:
        return found
    share = percent(derived / m.total("reports_with_sections"))
    more = f"In {number(derived)} of them ({share}) the sections were cut without a heading."
    return replace(found, explanation=f"{found.explanation} {more}")


def _quality(m: Measures, t: Mapping[str, float]) -> Finding:
    found = _share(
        m,
        lambda s: s.images_quality_passed + s.images_quality_reviewed,
        _field("images"),
        t["quality.share"],
        _IMAGES,
        "passed the checks or were reviewed and kept",
    )
    if found.value is None:
        return found
    reviewed, waiting = m.total("images_quality_reviewed"), m.total("images_quality_waiting")
    more = f"A person reviewed {number(reviewed)}; {count(waiting, 'waits', 'wait')} for a person."
    return replace(found, explanation=f"{found.explanation} {more}")


def _demographics(m: Measures, t: Mapping[str, float]) -> Finding:
    undone = [s for s in m.sites if s.studies_with_demographics is None]
    if undone:
        sites = tuple(SiteState(s.site, False, None, s.studies, "not done yet") for s in undone)
        text = f"Recording age, sex and indication is not done yet{where(sites)}."
        return Finding(False, None, m.total("studies") - m.total("studies_with_demographics"), "studies", text, sites)
    predicate = "have age, sex and indication recorded, be it as unknown"
    wanted = t["demographics.share"]
    return _share(m, _field("studies_with_demographics"), _field("studies"), wanted, _STUDIES, predicate)


def _paediatric(m: Measures, t: Mapping[str, float]) -> Finding:
    of, allowed = m.total("studies"), t["paediatric.share"]
    if of == 0:
        return Finding(False, None, 0, "studies", "There are no studies yet.")
    young, unknown = m.total("studies_paediatric"), m.total("studies_without_age")
    over = above(young + unknown, of, allowed)
    sites = tuple(_paediatric_at(s, allowed) for s in m.sites)
    text = f"{number(young)} of {count(of, *_STUDIES)} {be(young)} of persons under 18"
    text += f"; {count(unknown, 'has no age and counts', 'have no age and count')} with them" if unknown else ""
    text += f"; {number(over)} above {percent(allowed)}{where(sites)}" if over else f"; {percent(allowed)} are allowed"
    return Finding(over == 0, (young + unknown) / of, over, "studies", text + ".", sites)


def _paediatric_at(s: SiteMeasures, allowed: float) -> SiteState:
    counted = s.studies_paediatric + s.studies_without_age
    over = above(counted, s.studies, allowed)
    return SiteState(s.site, over == 0, ratio(counted, s.studies), over)


# ---------------------------------------------------------------- counts


def _volume(m: Measures, t: Mapping[str, float]) -> Finding:
    have, wanted = m.total("accepted_studies"), t["volume.studies"]
    short, waiting = max(0, wanted - have), m.total("studies") - have
    text = f"{number(have)} of {number(wanted)} studies are accepted"
    text += f"; {number(short)} more {be(short)} needed" if short else ""
    text += f"; {count(waiting, 'study is', 'studies are')} unfinished or waiting for a person" if waiting > 0 else ""
    sites = tuple(SiteState(s.site, True, s.accepted_studies, 0) for s in m.sites)
    return Finding(short == 0, have, short, "studies", text + ".", sites, "studies")


def _years(m: Measures, t: Mapping[str, float]) -> Finding:
    years = sorted({year for s in m.sites for year, studies in s.years.items() if studies})
    short = max(0, t["years.years"] - len(years))
    text = f"Studies come from {count(len(years), 'calendar year', 'calendar years')}"
    text += f" ({years[0]} to {years[-1]})" if len(years) > 1 else ""
    text += f"; {number(short)} more {be(short)} needed" if short else ""
    sites = tuple(SiteState(s.site, True, sum(map(bool, s.years.values())), 0) for s in m.sites)
    return Finding(short == 0, len(years), short, "years", text + ".", sites, "years")


def _vendors(m: Measures, t: Mapping[str, float]) -> Finding:
    vendors = sorted({vendor for s in m.sites for vendor, studies in s.vendors.items() if studies})
    short, unknown = max(0, t["vendors.vendors"] - len(vendors)), m.total("studies_without_vendor")
    text = f"Studies come from devices of {count(len(vendors), 'manufacturer', 'manufacturers')}"
    text += f" ({', '.join(vendors)})" if vendors else ""
    text += f"; {number(short)} more {be(short)} needed" if short else ""
    text += f"; {count(unknown, 'study names', 'studies name')} none" if unknown else ""
    sites = tuple(SiteState(s.site, True, sum(map(bool, s.vendors.values())), 0) for s in m.sites)
    return Finding(short == 0, len(vendors), short, "manufacturers", text + ".", sites, "vendors")


def _boxes(m: Measures, _: Mapping[str, float]) -> Finding:
    of = m.total("studies_box_worthy")
    if all(s.studies_with_boxes is None for s in m.sites):
        text = "Confirming boxes is not done yet."
        return Finding(False, None, of, "studies", text, (), "")
    have = m.total("studies_with_boxes")
    text = f"{number(have)} of {count(of, *_STUDIES)} with effusion or cardiomegaly have a confirmed box."
    sites = tuple(
        SiteState(s.site, s.studies_with_boxes is not None, ratio(s.studies_with_boxes or 0, s.studies_box_worthy), 0)
        for s in m.sites
    )
    return Finding(True, ratio(have, of), 0, "studies", text, sites, "")


def _duplicates(m: Measures, t: Mapping[str, float]) -> Finding:
    repeats, waiting, split = m.duplicates_confirmed, m.duplicates_candidates, m.patients_in_two_splits
    said = []
    said.append(
        "The search for repeated images is not done yet"
        if repeats is None
        else f"{count(repeats, 'repeat of an image is', 'repeats of images are')} confirmed"
    )
    if waiting is not None:
        said.append(f"{count(waiting, 'candidate waits', 'candidates wait')} for a person")
    elif repeats is not None:
        said.append("the review of candidates is not done yet")
    said.append(
        "the comparison of splits is not done yet"
        if split is None
        else f"{count(split, 'patient is', 'patients are')} in two splits"
    )
    known = sum(value or 0 for value in (repeats, waiting, split))
    undone = None in (repeats, waiting, split)
    short = max(0, known - t["duplicates.repeats"])
    value = None if undone else known
    return Finding(not undone and not short, value, short, "repeats", "; ".join(said) + ".", (), "repeats")


# ---------------------------------------------------------------- audits


def _phi_audit(m: Measures, t: Mapping[str, float]) -> Finding:
    parts = {"images": m.audit_images, "reports": m.audit_reports}
    bounds = {name: _upper(audit) for name, audit in parts.items()}
    excess = {name: _excess(bounds[name], t[f"phi-audit.{name}"]) for name in parts}
    short = sum(excess[name] > 0 or _has_hits(parts[name]) for name in parts)
    worst = max(parts, key=excess.__getitem__)
    text = " ".join(_phi_sentence(name, audit, bounds[name], t[f"phi-audit.{name}"]) for name, audit in parts.items())
    return Finding(short == 0, bounds[worst], short, "audits", text, (), worst)


def _upper(audit: ReadingAudit | None) -> float | None:
    """Return the upper bound on the share with an identifier left; None where nothing was read."""
    return stratified_upper(audit.strata) / audit.population if audit and audit.sampled else None


def _excess(bound: float | None, wanted: float) -> float:
    return float("inf") if bound is None else bound - wanted


def _has_hits(audit: ReadingAudit | None) -> bool:
    return audit is not None and audit.hits > 0


def _phi_sentence(name: str, audit: ReadingAudit | None, bound: float | None, wanted: float) -> str:
    if audit is None or bound is None:
        return f"The audit of {name} is not done yet."
    text = f"{name.capitalize()}: {number(audit.sampled)} of {number(audit.population)} read"
    text += " (simulated readings)" if audit.simulated else ""
    text += f", {count(audit.hits, 'hit', 'hits')}, upper bound {percent(bound)} against {percent(wanted)}"
    if audit.canaries_planted:
        planted = count(audit.canaries_planted, "planted canary", "planted canaries")
        text += f", readers found {number(audit.canaries_found)} of {planted}"
    return text + ("; mend the cause of the hits and draw again." if audit.hits else ".")


def _label_audit(m: Measures, t: Mapping[str, float]) -> Finding:
    wanted = t["label-audit.share"]
    sites = tuple(_read_at(s, wanted) for s in m.sites)
    short = sum(s.short_by for s in sites)
    read = m.total("studies_read")
    if not read:
        return Finding(False, None, short, "studies", "The label audit is not done yet.", sites)
    text = f"{number(read)} of {count(m.total('studies'), *_STUDIES)} were read"
    text += " (simulated readings)" if m.label_audit_simulated else ""
    text += f", {number(m.total('studies_read_twice'))} of them twice"
    text += (
        f"; {number(short)} more {be(short)} needed for {percent(wanted)} at each site{where(sites)}" if short else ""
    )
    value = min((s.value for s in sites if s.value is not None), default=None)
    met = all(s.met for s in sites)
    text = f"{text}. {_floor_sentence(m, t['label-audit.floor'])}"
    return Finding(met, value, short, "studies", text, sites)


def _read_at(s: SiteMeasures, wanted: float) -> SiteState:
    read = s.studies_read or 0
    lacking = missing(read, s.studies, wanted)
    return SiteState(s.site, lacking == 0, ratio(read, s.studies), lacking, "" if read else "not done yet")


def _floor_sentence(m: Measures, floor: float) -> str:
    if not m.label_audit:
        return "Precision and recall against the readers are not computed yet."
    low = []
    for name, c in m.label_audit.items():
        precision, recall = c.precision_lower, c.recall_lower
        if precision is None or recall is None:
            precision = wilson_lower(c.true_positive, c.true_positive + c.false_positive)
            recall = wilson_lower(c.true_positive, c.true_positive + c.false_negative)
        if min(precision, recall) < floor:
            low.append(f"{name} ({precision:.2f}, {recall:.2f})")
    if not low:
        return f"Every label's lower bounds of precision and recall reach {floor:.2f}."
    return f"Lower bounds of precision and recall under {floor:.2f}, reported only: {', '.join(low)}."


# ---------------------------------------------------------------- papers


def _governance(m: Measures, t: Mapping[str, float]) -> Finding:
    sites = tuple(_governance_at(s) for s in m.sites)
    return _papers(sites, t["governance.share"], ("has", "have"), "every document in force")


def _governance_at(s: SiteMeasures) -> SiteState:
    if s.governance_missing is None:
        return SiteState(s.site, False, None, 1, "not done yet")
    lacking = len(s.governance_missing)
    note = f"not in force: {', '.join(s.governance_missing)}" if lacking else ""
    return SiteState(s.site, not lacking, float(not lacking), lacking, note)


def _consent(m: Measures, t: Mapping[str, float]) -> Finding:
    sites = tuple(_consent_at(s) for s in m.sites)
    return _papers(sites, t["consent.share"], ("has", "have"), "a register consulted before ingest and this release")


def _consent_at(s: SiteMeasures) -> SiteState:
    checks = {"before ingest": s.consent_checked_before_ingest, "before release": s.consent_checked_before_release}
    lacking = [name for name, done in checks.items() if not done]
    if all(done is None for done in checks.values()):
        return SiteState(s.site, False, None, len(lacking), "not done yet")
    note = f"not consulted {' and '.join(lacking)}" if lacking else ""
    return SiteState(s.site, not lacking, float(not lacking), len(lacking), note)


def _papers(sites: tuple[SiteState, ...], wanted: float, verb: tuple[str, str], what: str) -> Finding:
    if not sites:
        return Finding(False, None, 0, "sites", "There are no sites yet.")
    good = sum(s.met for s in sites)
    short = missing(good, len(sites), wanted)
    text = f"{good} of {count(len(sites), 'site', 'sites')} {verb[good != 1 and len(sites) != 1]} {what}"
    lacking = "; ".join(f"{s.site}: {s.note}" for s in sites if not s.met)
    return Finding(
        short == 0, good / len(sites), short, "sites", f"{text} ({lacking})." if lacking else f"{text}.", sites
    )


def _release_class(m: Measures, t: Mapping[str, float]) -> Finding:
    decided = m.release_class
    if decided is None:
        text = "Declaring the release class is not done yet."
        return Finding(False, None, 1, "items", text, (), "items")
    lacking = _release_class_gaps(decided)
    text = f"The release is {decided.name or 'of no declared class'}"
    text += f"; missing: {', '.join(lacking)}" if lacking else ", with everything recorded"
    short = max(0, len(lacking) - t["release-class.items"])
    return Finding(short == 0, len(lacking), short, "items", text + ".", (), "items")


def _release_class_gaps(decided: ReleaseClass) -> list[str]:
    done = {
        "class (open or controlled)": decided.name in ("open", "controlled"),
        "signed assessment of re-identification": decided.reidentification_assessment_signed,
        "rule for the key": decided.key_rule_recorded,
    }
    if decided.name == "controlled":
        done["data-use agreement"] = decided.data_use_agreement
        done["register of recipients"] = decided.recipient_register
    return [name for name, recorded in done.items() if not recorded]


RULES: Mapping[str, Rule] = {
    "volume": _volume,
    "view-primary": _share_rule(
        "view-primary", "studies_with_confirmed_pa", "studies", _STUDIES, "have a confirmed PA radiograph"
    ),
    "view-lateral": _share_rule(
        "view-lateral", "studies_with_lateral", "studies", _STUDIES, "have a lateral radiograph"
    ),
    "matrix": _matrix,
    "depth": _depth,
    "header-deid": _share_rule(
        "header-deid", "images_header_deidentified", "images", _IMAGES, "have a de-identified header"
    ),
    "pixel-deid": _share_rule(
        "pixel-deid", "images_pixel_deidentified", "images", _IMAGES, "were examined and show no identifying text"
    ),
    "phi-audit": _phi_audit,
    "report-sections": _report_sections,
    "report-deid": _share_rule("report-deid", "reports_deidentified", "reports", _REPORTS, "are de-identified"),
    "labels": _share_rule("labels", "images_labelled", "images", _IMAGES, "carry the 14 labels"),
    "label-audit": _label_audit,
    "quality": _quality,
    "boxes": _boxes,
    "years": _years,
    "vendors": _vendors,
    "demographics": _demographics,
    "paediatric": _paediatric,
    "governance": _governance,
    "consent": _consent,
    "release-class": _release_class,
    "duplicates": _duplicates,
}
"""Every criterion's rule, by id."""

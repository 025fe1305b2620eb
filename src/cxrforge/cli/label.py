"""`cxrforge label`: the fourteen observations of reports in a JSON Lines file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from cxrforge.cli.terminal import err, out, tracked
from cxrforge.errors import UsageError
from cxrforge.records import Issue
from cxrforge.tables.observations import ObservationPolicy

if TYPE_CHECKING:
    from cxrforge.labels.lines import Labeler


def label(
    source: Path = typer.Argument(
        ..., metavar="IN.jsonl", help='Reports: {"id", "text" | "findings"+"impression", "lang"?}.'
    ),
    output: Path = typer.Option(..., "--output", "-o", help="Where the labels go: a .jsonl, .csv or .parquet file."),
    language: str | None = typer.Option(None, "--language", help="Language of reports without `lang`; else detected."),
    explain: bool = typer.Option(False, "--explain", help="Print each report with its mentions marked, and why."),
    ignore_calcified_nodules: bool = typer.Option(
        False, "--ignore-calcified-nodules", help="Leave out nodules that the text calls calcified."
    ),
    model: Path | None = typer.Option(
        None, "--model", metavar="DIR", help="Label by the classifier in this folder (docs/label-models.md)."
    ),
) -> None:
    """Label reports with CheXpert's fourteen observations: 1 present, 0 absent, -1 uncertain, null not mentioned.

    Example: cxrforge label reports.jsonl --output labels.jsonl
    """
    from cxrforge.labels.answers import writer_for
    from cxrforge.tables import observations
    from cxrforge.tables.label_rules import load_language

    if language:
        load_language(language)
    write = writer_for(output)
    policy = observations.load()
    if ignore_calcified_nodules:
        policy = replace(policy, ignore_calcified_nodules=True)
    try:
        lines = source.read_text(encoding="utf-8", errors="replace").split("\n")
    except OSError as error:
        raise UsageError("reports cannot be read", found=error.strerror, next_step="Check the path.") from error
    tally = {"labelled": 0, "turned away": 0}
    labeler = _labeler(model)
    write(_answers([x for x in lines if x.strip()], language, policy, explain, tally, labeler), output)
    err.print(f"{tally['labelled']} reports labelled, {tally['turned away']} turned away (see `issue` in the output)")


def _labeler(model: Path | None) -> Labeler:
    from cxrforge.labels.labeler import label_report
    from cxrforge.labels.model import load_model

    return label_report if model is None else load_model(model)


def _answers(
    lines: Sequence[str],
    language: str | None,
    policy: ObservationPolicy,
    explain: bool,
    tally: dict[str, int],
    labeler: Labeler,
) -> Iterator[dict[str, Any]]:
    """Yield the answer to each line, print what was asked to be explained, and count both kinds."""
    from cxrforge.labels.explain import marked, reasons
    from cxrforge.labels.lines import issue_line, label_line, read_line

    for line in tracked(iter(lines), "label", None, "reports"):
        report = read_line(line, language)
        if isinstance(report, tuple):
            tally["turned away"] += 1
            yield issue_line(*report)
            continue
        try:
            labelled, answer = label_line(report, policy, labeler)
        except UsageError:  # a model reads fewer languages than the rules
            tally["turned away"] += 1
            yield issue_line(report.id, Issue("label-language-unknown", "the model does not read it"))
            continue
        tally["labelled"] += 1
        if explain:
            out.print(marked(report.text, labelled), markup=False, soft_wrap=True)
            for reason in reasons(report.text, labelled):
                out.print(f"  {reason}", markup=False, soft_wrap=True)
        yield answer

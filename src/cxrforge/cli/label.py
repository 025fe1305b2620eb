"""`cxrforge label`: the fourteen observations of reports in a JSON Lines file."""

from __future__ import annotations

import json
from pathlib import Path

import typer

from cxrforge.cli.terminal import err, out, tracked
from cxrforge.errors import UsageError


def label(
    source: Path = typer.Argument(
        ..., metavar="IN.jsonl", help='Reports: {"id", "text" | "findings"+"impression", "lang"?}.'
    ),
    output: Path = typer.Option(..., "--output", "-o", help="Where the labels go, one JSON object a line."),
    language: str | None = typer.Option(None, "--language", help="Language of reports without `lang`; else detected."),
    explain: bool = typer.Option(False, "--explain", help="Print each report with its mentions marked, and why."),
) -> None:
    """Label reports with CheXpert's fourteen observations: 1 present, 0 absent, -1 uncertain, null not mentioned.

    Example: cxrforge label reports.jsonl --output labels.jsonl
    """
    from cxrforge.labels.explain import marked, reasons
    from cxrforge.labels.lines import issue_line, label_line, read_line
    from cxrforge.tables.label_rules import load_language

    if language:
        load_language(language)
    done = turned_away = 0
    try:
        lines = source.read_text(encoding="utf-8", errors="replace").split("\n")
    except OSError as error:
        raise UsageError("reports cannot be read", found=error.strerror, next_step="Check the path.") from error
    with output.open("w", encoding="utf-8") as sink:
        for line in tracked((x for x in lines if x.strip()), "label", None, "reports"):
            report = read_line(line, language)
            if isinstance(report, tuple):
                answer, turned_away = issue_line(*report), turned_away + 1
            else:
                labelled, answer = label_line(report)
                done += 1
                if explain:
                    out.print(marked(report.text, labelled), markup=False, soft_wrap=True)
                    for reason in reasons(report.text, labelled):
                        out.print(f"  {reason}", markup=False, soft_wrap=True)
            sink.write(json.dumps(answer, ensure_ascii=False) + "\n")
    err.print(f"{done} reports labelled, {turned_away} turned away (see `issue` in the output)")

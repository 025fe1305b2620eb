"""`release build|verify|list`: what a workspace gives away."""

from __future__ import annotations

import typer

from cxrforge.cli.terminal import out, print_json, progress
from cxrforge.cli.workspace_commands import open_workspace

release_app = typer.Typer(help="Build, verify and list releases.", no_args_is_help=True)

_NAME = typer.Option(..., "--name", help="The release's name.")
_VERSION = typer.Option(..., "--version", help="The release's version, such as 1.0.0.")
_JSON = typer.Option(False, "--json", help="Print JSON.")


@release_app.command("build")
def build(
    context: typer.Context,
    name: str = _NAME,
    version: str = _VERSION,
    title: str = typer.Option("", "--title", help="The title on the data card; the name if left."),
    day: str = typer.Option(
        "", "--date", metavar="DAY", help="Release date, YYYY-MM-DD: papers must be in force on it. Today if left."
    ),
    without: list[str] = typer.Option([], "--without", metavar="SITE", help="Leave this site out; repeat for each."),
    final: bool = typer.Option(False, "--final", help="The final release: its volume blocks too."),
    allow_unmet: bool = typer.Option(
        False, "--allow-unmet", help="Build a draft, marked as such, while blocking criteria are short."
    ),
    as_json: bool = _JSON,
) -> None:
    """Build a release; refused while a blocking criterion is short.

    Example: cxrforge -w study-export release build --name chest --version 0.1.0 --allow-unmet
    """
    with open_workspace(context) as workspace, progress("Place images", None, "images") as advance:
        summary = workspace.build_release(
            name,
            version,
            title=title,
            day=day,
            without=tuple(without),
            final=final,
            allow_unmet=allow_unmet,
            advance=advance,
        )
        folder = summary.folder.relative_to(workspace.folder).as_posix()
    if as_json:
        plain = {k: getattr(summary, k) for k in ("draft", "studies", "images", "files", "size_bytes", "digest")}
        print_json({"folder": folder, **plain})
        return
    kind = "Draft" if summary.draft else "Release"
    size = f"{summary.size_bytes / 1e6:.1f} MB"
    out.print(f"{kind} {folder}: {summary.studies} studies, {summary.images} images, {size}.", markup=False)
    out.print(f"SHA-256 of its SHA256SUMS: {summary.digest}")


@release_app.command("verify")
def verify(
    context: typer.Context,
    name: str = _NAME,
    version: str = _VERSION,
    on: str = typer.Option("", "--on", metavar="DAY", help="The day on which papers must be in force; today if left."),
    as_json: bool = _JSON,
) -> None:
    """Check a release: files, tables, criteria, papers, and with the key here that no identifier is left in it.

    Example: cxrforge -w study-export release verify --name chest --version 0.1.0
    """
    with open_workspace(context) as workspace:
        problems = workspace.verify_release(name, version, on)
    if as_json:
        print_json({"name": name, "version": version, "problems": problems})
    else:
        for problem in problems:
            out.print(problem, markup=False)
        out.print(
            f"{len(problems)} problems."
            if problems
            else "Everything is as it was written, and its papers are in force."
        )
    if problems:
        raise typer.Exit(1)


@release_app.command("list")
def list_releases(context: typer.Context, as_json: bool = _JSON) -> None:
    """List the releases built in this workspace.

    Example: cxrforge -w study-export release list --json
    """
    with open_workspace(context) as workspace:
        rows = workspace.releases()
    if as_json:
        print_json(rows)
        return
    for row in rows:
        draft = ", draft" if row["draft"] else ""
        out.print(f"{row['name']}-{row['version']}  {row['studies']} studies, {row['images']} images{draft}")
    if not rows:
        out.print("No releases yet. Build one with `cxrforge release build`.")


@release_app.command("diff")
def diff(
    context: typer.Context,
    before: str = typer.Argument(..., metavar="A", help="The earlier release: name-version, or its folder."),
    after: str = typer.Argument(..., metavar="B", help="The later one."),
    as_json: bool = _JSON,
) -> None:
    """Say what changed from one release to another: studies in and out, labels changed, per label.

    Example: cxrforge -w study-export release diff chest-0.1.0 chest-0.2.0
    """
    from dataclasses import asdict

    with open_workspace(context) as workspace:
        found = workspace.diff_releases(before, after)
    if as_json:
        print_json(asdict(found) | {"labels_changed": found.labels_changed})
        return
    out.print(f"{found.studies_kept:,} studies are in both.")
    for line in found.notes():
        out.print(line, markup=False)


def withdraw(
    context: typer.Context,
    patient: str = typer.Option("", "--patient", metavar="PSEUDONYM", help="A patient, as releases name them."),
    site: str = typer.Option("", "--site", help="A whole hospital."),
    reason: str = typer.Option(..., "--reason", help="patient-request, site-request, identifier-found or wrong-data."),
    as_json: bool = _JSON,
) -> None:
    """Take a patient or a hospital out of every further release, and list the releases that hold them.

    Example: cxrforge -w study-export withdraw --patient P0123456789abcdef --reason patient-request
    """
    from dataclasses import asdict

    from cxrforge.errors import UsageError

    if bool(patient) == bool(site):
        raise UsageError("what to withdraw", expected="--patient or --site")
    kind, entity = ("patient", patient) if patient else ("site", site)
    with open_workspace(context) as workspace:
        studies, held = workspace.withdraw(kind, entity, reason)
    if as_json:
        print_json({"kind": kind, "id": entity, "studies": studies, "releases": [asdict(row) for row in held]})
        return
    out.print(f"Withdrawn: {studies} studies are in no further release; they leave a tombstone.", markup=False)
    for row in held:
        draft = " (draft)" if row.draft else ""
        out.print(f"  {row.name}-{row.version}{draft} holds {row.studies} studies: tell its holders.", markup=False)
    if not held:
        out.print("No release holds them.")

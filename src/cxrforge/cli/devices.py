"""`cxrforge devices`: where the devices of each site keep burning text into their images."""

from __future__ import annotations

from dataclasses import asdict

import typer

from cxrforge.cli.terminal import out, print_json
from cxrforge.cli.workspace_commands import open_workspace


def devices(
    context: typer.Context,
    least: float = typer.Option(0.5, "--least", min=0.05, max=1, help="Least share of images that lost text there."),
    images: int = typer.Option(20, "--images", min=1, help="Images that a device must have before anything is said."),
    as_json: bool = typer.Option(False, "--json", help="Print JSON."),
) -> None:
    """Say where each device keeps burning text in, to make [[pixels.regions]] of in cxrforge.toml.

    Example: cxrforge -w study-export devices --least 0.8
    """
    from cxrforge.redactions import words

    with open_workspace(context) as workspace:
        rows = workspace.device_texts(least, images)
    if as_json:
        print_json([asdict(row) for row in rows])
        return
    for row in rows:
        out.print(f"{row.site}  {row.device}: {row.redacted} of {row.images} images lost text", markup=False)
        for place in row.places:
            out.print(f"    {words(place)}", markup=False)
        if row.images < images:
            out.print(f"    fewer than {images} images: too few to say where", markup=False)
    if not rows:
        out.print("No image has been examined yet. Run `cxrforge run`.")

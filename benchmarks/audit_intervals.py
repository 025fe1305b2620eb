"""How often the intervals of a label audit hold, over many draws from populations of known truth.

`python benchmarks/audit_intervals.py [--rounds N]` prints, for a frequent and a rare label, the share of draws whose
two-sided and one-sided 95 % bounds hold precision and recall, beside Wilson's interval on the same sample unweighted.
"""

from __future__ import annotations

import argparse
from collections import Counter

import numpy as np

from cxrforge.audit.bounds import wilson_interval
from cxrforge.audit.designs import LabelledStudy, draw_labelled
from cxrforge.audit.estimates import make_design, share
from cxrforge.records import OBSERVATIONS

SENSITIVITY = {"Edema": 0.9, "Fracture": 0.8}
PREVALENCE = {"Edema": 0.3, "Fracture": 0.03}
SPECIFICITY = 0.985


def population(size: int, seed: int) -> tuple[list[LabelledStudy], dict[str, dict[str, bool]]]:
    """Return studies of three sites with what the program says, and what is really there."""
    random = np.random.default_rng(seed)
    studies, truth = [], {}
    for n in range(size):
        site = ("north", "south", "west")[int(random.random() ** 2 * 3)]
        there = {name: bool(random.random() < PREVALENCE[name]) for name in PREVALENCE}
        told: dict[str, str | None] = dict.fromkeys(OBSERVATIONS)
        for name, present in there.items():
            found = random.random() < (SENSITIVITY[name] if present else 1 - SPECIFICITY)
            told[name] = "present" if found else "absent"
        studies.append(LabelledStudy(f"S{n}", site, told))
        truth[f"S{n}"] = there
    return studies, truth


def main() -> None:
    """Print the shares."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=300)
    parser.add_argument("--size", type=int, default=3000)
    rounds, size = (parser.parse_args().rounds, parser.parse_args().size)
    studies, truth = population(size, 5)
    told = {s.study: s.labels for s in studies}
    held: Counter[tuple[str, str, str]] = Counter()
    widths: Counter[tuple[str, str]] = Counter()
    for n in range(rounds):
        drawn = draw_labelled(studies, 0.1, n.to_bytes(4, "big") * 8, "simulation")
        names = [s for d in drawn for s in d.items]
        design = make_design([d.stratum for d in drawn for _ in d.items], {d.stratum: d.population for d in drawn})
        for label in PREVALENCE:
            everyone = np.array([told[s.study][label] == "present" for s in studies])
            really = np.array([truth[s.study][label] for s in studies])
            said = np.array([told[s][label] == "present" for s in names], dtype=float)
            seen = np.array([truth[s][label] for s in names], dtype=float)
            for kind, under, possible, of in (("precision", said, said, everyone), ("recall", seen, 1 - said, really)):
                real = (everyone & really).sum() / of.sum()
                found = share(design, said * seen, under - said * seen, possible)
                plain = wilson_interval(int((said * seen).sum()), int(under.sum()))
                held[label, kind, "two-sided"] += found.low <= real <= found.high
                held[label, kind, "one-sided"] += found.lower <= real
                held[label, kind, "Wilson unweighted"] += plain[0] <= real <= plain[1]
                widths[label, kind] += found.high - found.low
    print(f"{rounds} draws of 10 % from {size} studies at three sites; 95 % bounds hold in")
    for label, kind in widths:
        parts = [
            f"{how} {held[label, kind, how] / rounds:.1%}" for how in ("two-sided", "one-sided", "Wilson unweighted")
        ]
        print(f"  {label:<9} {kind:<10} {', '.join(parts)}; mean width {widths[label, kind] / rounds:.3f}")


if __name__ == "__main__":
    main()

"""The answer key of validation, over made-up headers and, where given, real files with identifiers planted in them.

    python benchmarks/midi.py [--files 240] [--lettered 12] [--real FOLDER] [--show 10]

Prints right and asked for each kind of action beside its floor; exits 1 where one is not reached.
"""

from __future__ import annotations

import argparse
import sys
import warnings
from pathlib import Path

from cxrforge.pixels.redaction import make_redactor
from cxrforge.validation.answer_key import ACTIONS, FLOOR, WHOLLY
from cxrforge.validation.answers import answered, real
from cxrforge.validation.midi import generate, lettered


def main() -> int:
    """Score and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=240)
    parser.add_argument("--lettered", type=int, default=12, help="images with a name burned in")
    parser.add_argument("--real", type=Path)
    parser.add_argument("--show", type=int, default=10)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    planted = [*generate(arguments.files), *(real(arguments.real) if arguments.real else ())]
    tally = answered(planted)
    tally.add(answered(lettered(arguments.lettered), make_redactor()))
    for action in ACTIONS:
        floor = 1.0 if action in WHOLLY else FLOOR
        asked, right = tally.asked[action], tally.right[action]
        print(f"{action:<18}{right:7d} of {asked:7d}   {right / asked if asked else 1:9.4%}   floor {floor:.2%}")
    print(f"{'all':<18}{tally.right.total():7d} of {tally.asked.total():7d}   {tally.share:9.4%}   floor {FLOOR:.2%}")
    print(f"{len(planted)} headers and {arguments.lettered} images with burned-in text")
    for line in tally.wrong[: arguments.show]:
        print(f"  wrong: {line}")
    return 0 if tally.met else 1


if __name__ == "__main__":
    sys.exit(main())

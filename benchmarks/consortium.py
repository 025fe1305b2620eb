"""What a made-up study costs: processor seconds at full and at reduced matrix.

python benchmarks/consortium.py [--studies 16] [--seed 4]
"""

from __future__ import annotations

import argparse
import time

from cxrforge.synthetic import plan
from cxrforge.synthetic.consortium import FULL, reduced
from cxrforge.synthetic.examination import examined
from cxrforge.tables import synthetic_people


def main() -> None:
    """Render the same studies at each matrix and print the cost of one."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--studies", type=int, default=16)
    parser.add_argument("--seed", type=int, default=4)
    arguments = parser.parse_args()
    for matrix in (FULL, reduced(512), reduced(256)):
        planned = plan.consortium(arguments.studies, arguments.seed, len(synthetic_people.load().hospitals), matrix)
        examined(planned[0])  # modules and tables are loaded before
        began = time.process_time()
        images = sum(len(examined(study)) for study in planned)
        spent = time.process_time() - began
        print(
            f"{matrix[1]:5} x {matrix[0]:5}: {spent / len(planned):6.2f} s a study, {spent / images:6.2f} s an image"
            f" ({len(planned)} studies, {images} images)"
        )


if __name__ == "__main__":
    main()

"""The same release bytes whatever executor, catalogue and store: every combination, on a small consortium.

    python benchmarks/combinations.py [--studies 6] [--seed 7] [--folder DIR]

PostgreSQL is started in a folder of its own where it is installed, the S3-compatible server is moto's; what is absent
is said and left out.
"""

from __future__ import annotations

import argparse
import itertools
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from whole_job_cases import Job, made_exports

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

EXECUTORS = {
    "serial": ("--executor", "serial"),
    "processes": ("--executor", "processes", "--workers", "2"),
    "dask": ("--executor", "dask", "--workers", "2"),
}


def main() -> int:
    """Print one line for each combination; exit 1 when two differ."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--studies", type=int, default=6)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--folder", type=Path, default=None)
    options = parser.parse_args()
    with ExitStack() as stack:
        folder = options.folder or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.mkdir(parents=True, exist_ok=True)
        exports = made_exports(folder, options.studies, options.seed)
        digests = set()
        for name, job in _jobs(folder, exports, stack):
            began = time.monotonic()
            digests.add(job.do())
            print(f"{name:<36} {job.digest()[:16]}  {time.monotonic() - began:6.1f} s", flush=True)
        print("all the same" if len(digests) == 1 else f"{len(digests)} different releases")
        return len(digests) != 1


def _jobs(folder: Path, exports: Path, stack: ExitStack) -> Iterator[tuple[str, Job]]:
    from _pytest.outcomes import Skipped

    import servers

    postgres, s3 = None, ""
    try:
        postgres = stack.enter_context(servers.postgres())
    except Skipped as absent:
        print(f"left out: {absent}")
    try:
        s3 = stack.enter_context(servers.s3())
    except Skipped as absent:
        print(f"left out: {absent}")
    catalogues = ["sqlite", *(["postgresql"] if postgres else [])]
    stores = ["folder", *(["s3"] if s3 else [])]
    for executor, catalogue, store in itertools.product(EXECUTORS, catalogues, stores):
        url, env = "", {}
        if store == "s3":
            url, env = servers.bucket(s3), servers.s3_environment(s3)
        database = postgres.database() if postgres and catalogue == "postgresql" else ""
        name = f"{executor}-{catalogue}-{store}-{os.urandom(2).hex()}"
        job = Job(folder / name, exports, EXECUTORS[executor], database, url, env)
        yield f"{executor} × {catalogue} × {store}", job


if __name__ == "__main__":
    sys.exit(main())

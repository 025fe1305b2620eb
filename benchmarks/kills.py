"""Kill the whole job at random moments, and single workers, and compare what repeats end in with an undisturbed job.

    python benchmarks/kills.py [--studies 12] [--kills 10] [--worker-kills 4] [--folder DIR] [--seed 1]

A job is a process group of its own that makes a workspace, takes every hospital in, runs every stage and builds a
release. It is killed with SIGKILL as a group, `--per-job` times at random moments spread over its length, and repeated
from its first step each time; then its release must be the undisturbed one, byte for byte, known to the catalogue and
verified, with nothing half-written left. Every other job runs in worker processes. Workers are killed one at a time
while the job goes on. The search for burned-in text is left out: it only makes each moment longer.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from cxrforge.config import CONFIG_NAME
from cxrforge.runner import Unwatched
from cxrforge.workspace import Workspace
from whole_job_cases import KEY, NAME, THRESHOLDS, VERSION, made_exports

PLAIN = 'options = ["clean-descriptors"]'


def main() -> int:
    """Print what was killed and what came of it; exit 1 when a repeat ended otherwise."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--studies", type=int, default=12)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--worker-kills", type=int, default=4)
    parser.add_argument("--per-job", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, default=None)
    options = parser.parse_args()
    folder = options.folder or Path(tempfile.mkdtemp())
    folder.mkdir(parents=True, exist_ok=True)
    exports = made_exports(folder, options.studies, 7)
    (folder / "key").write_text(KEY.hex())
    (folder / "key").chmod(0o600)
    moments = random.Random(options.seed)
    began = time.monotonic()
    assert waited(started(job, folder / "undisturbed", exports, "serial")) == 0
    whole, expected = time.monotonic() - began, state(folder / "undisturbed")
    print(f"undisturbed: {whole:.0f} s, {expected}", flush=True)
    wrong = 0
    for number in range(options.kills // options.per_job):
        executor = ("serial", "processes")[number % 2]
        kills = killed_groups(folder / f"group-{number}", exports, executor, options.per_job, whole, moments)
        wrong += told(f"group killed at {kills}, {executor}", folder / f"group-{number}", expected)
    done = 0
    while done < options.worker_kills:
        place = folder / f"workers-{done}"
        killed = killed_workers(place, exports, min(10, options.worker_kills - done), moments)
        wrong += told(f"{killed} single workers killed", place, expected)
        done += max(killed, 1)
    print("every repeat ended in the undisturbed release" if not wrong else f"{wrong} repeats ended otherwise")
    return wrong != 0


def job(folder: Path, exports: Path, executor: str) -> None:
    """Do everything, from nothing or from wherever an earlier job was killed."""
    if not (folder / CONFIG_NAME).exists():
        Workspace.create(folder, folder.parent / "key").close()
    config = folder / CONFIG_NAME
    text = config.read_text(encoding="utf-8")
    if THRESHOLDS not in text:
        text = text.replace("[criteria]\n", THRESHOLDS)
        text = text.replace('options = ["clean-pixel-data", "clean-descriptors"]', PLAIN)
        partial = config.with_suffix(".part")
        partial.write_text(text, encoding="utf-8")
        partial.replace(config)
    truth = json.loads((exports / "truth.json").read_text(encoding="utf-8"))
    with Workspace(folder) as workspace:
        known = {site.id for site in workspace.sites()}
        for hospital in truth["hospitals"]:
            if hospital["id"] not in known:
                workspace.add_site(hospital["id"], hospital["country"], hospital["language"])
            workspace.ingest(exports / hospital["id"], hospital["id"])
        workspace.run(Unwatched(), executor, 2)
        if not any(row["name"] == NAME for row in workspace.releases()):
            workspace.build_release(NAME, VERSION, allow_unmet=True)


def started(work: Callable[..., None], *arguments: object) -> int:
    """Do `work` in a process group of its own, forked from here with every module in place; return its id."""
    process = os.fork()
    if process:
        return process
    os.setsid()
    code = 1
    try:
        work(*arguments)
        code = 0
    except BaseException as error:
        print(f"job ended with {type(error).__name__}: {error}", flush=True)
    finally:
        os._exit(code)


def waited(process: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


def killed_groups(
    folder: Path, exports: Path, executor: str, kills: int, whole: float, moments: random.Random
) -> list[str]:
    """Kill a job `kills` times, repeat it to its end, and return when it was killed."""
    at = []
    while len(at) < kills:
        process = started(job, folder, exports, executor)
        moment = moments.uniform(0, 1.6 * whole / kills)
        time.sleep(moment)
        ended = os.waitpid(process, os.WNOHANG)[0]
        if ended:  # it was through before its moment came: begin anew
            shutil.rmtree(folder)
            continue
        kill_group(process)
        at.append(f"{moment:.1f}")
    if waited(started(job, folder, exports, executor)) != 0:
        raise SystemExit("a repeat did not end well")
    return at


def kill_group(leader: int) -> None:
    """Kill every process of a group at once, its fork server and workers too, and wait until they are gone."""
    family = [psutil.Process(leader), *psutil.Process(leader).children(recursive=True)]
    os.killpg(leader, signal.SIGKILL)
    os.waitpid(leader, 0)
    psutil.wait_procs([p for p in family if p.pid != leader], timeout=30)


def killed_workers(folder: Path, exports: Path, kills: int, moments: random.Random) -> int:
    """Kill workers of a running job one at a time and return how many there were."""
    process, killed = started(job, folder, exports, "processes"), 0
    while os.waitpid(process, os.WNOHANG)[0] == 0:
        time.sleep(moments.uniform(0.05, 0.8))
        workers = [p for p in psutil.Process(process).children(recursive=True) if is_worker(p)]
        if workers and killed < kills:
            moments.choice(workers).kill()
            killed += 1
            time.sleep(1.0)
    if waited(started(job, folder, exports, "processes")) != 0:
        raise SystemExit("a repeat did not end well")
    return killed


def is_worker(process: psutil.Process) -> bool:
    """Tell a worker from the fork server and the resource tracker: its parent is the fork server."""
    try:
        parent = process.parent()
        return parent is not None and "forkserver" in " ".join(parent.cmdline()) and process.status() != "zombie"
    except psutil.Error:
        return False


def told(what: str, folder: Path, expected: str) -> int:
    """Print what a job ended in; return 1 when that is not what was expected, else remove it."""
    found = state(folder)
    print(f"{what}: {'same' if found == expected else found}", flush=True)
    if found != expected:
        return 1
    shutil.rmtree(folder)
    return 0


def state(folder: Path) -> str:
    """Return what a release is, in one line: its digest, whether files and catalogue agree, what is left over."""
    with Workspace(folder) as workspace:
        wrong = len(workspace.verify_release(NAME, VERSION))
        listed = [row["checksums"] for row in workspace.releases()]
        failed = sum(row.get("failed", 0) for row in workspace.standing().stages.values())
    sums = (folder / "releases" / f"{NAME}-{VERSION}" / "SHA256SUMS").read_bytes()
    digest = hashlib.sha256(sums).hexdigest()
    left = [p for name in (".part-*", "*.partial") for p in folder.rglob(name)]
    books = "listed" if listed == [digest] else "not listed"
    return f"release {digest[:16]}, {wrong} files wrong, {books}, {failed} failed items, {len(left)} left over"


if __name__ == "__main__":
    sys.exit(main())

"""The release opens in the tools that researchers use; each test skips where its tool is absent."""

from __future__ import annotations

import csv
import functools
import http.server
import re
import shutil
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

from cxrforge.formats.release_tables import TABLES
from cxrforge.research import load_release, torch_studies

IMAGES = 60


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Hugging Face's libraries kept from the net, their cache in a folder of the test."""
    for name in ("HF_HUB_OFFLINE", "HF_DATASETS_OFFLINE"):
        monkeypatch.setenv(name, "1")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    return tmp_path / "cache"


def test_datasets_reads_every_table(release_folder: Path, offline: Path) -> None:
    datasets = pytest.importorskip("datasets")
    for name in ("studies", "images", "reports", "labels", "boxes", "quality", "splits"):
        place = str(release_folder / f"tables/{name}.parquet")
        read = datasets.load_dataset("parquet", data_files=place, split="train", cache_dir=str(offline))
        table = load_release(release_folder).table(name)
        assert read.column_names == table.column_names and read.num_rows == table.num_rows
        assert read[0] == table.slice(0, 1).to_pylist()[0]


def test_datasets_finds_the_tables_by_the_front_matter(release_folder: Path, offline: Path) -> None:
    datasets = pytest.importorskip("datasets")
    names = datasets.get_dataset_config_names(str(release_folder))
    assert set(names) == set(TABLES)
    read = datasets.load_dataset(str(release_folder), cache_dir=str(offline))  # the default configuration
    assert read["train"].num_rows == IMAGES and "Pleural Effusion" in read["train"].column_names


def test_datasets_reads_chexperts_lists(release_folder: Path, offline: Path) -> None:
    datasets = pytest.importorskip("datasets")
    files = {name: str(release_folder / f"chexpert/{name}.csv") for name in ("train", "valid", "test")}
    read = datasets.load_dataset("csv", data_files=files, cache_dir=str(offline))
    assert sum(part.num_rows for part in read.values()) == IMAGES
    assert read["test"][0]["Pleural Effusion"] == 1.0 and read["test"][0]["Edema"] == -1.0
    assert read["test"][0]["Fracture"] is None


def test_mlcroissant_finds_no_error_and_streams_records(release_folder: Path) -> None:
    mlcroissant = pytest.importorskip("mlcroissant")
    dataset = mlcroissant.Dataset(str(release_folder / "croissant.json"))
    assert not dataset.metadata.issues.errors
    for name in ("studies", "images", "reports", "labels", "boxes", "quality", "splits"):
        rows = [row for row, _ in zip(dataset.records(f"{name}-rows"), range(10), strict=False)]
        assert len(rows) == 10, name


def test_pycocotools_reads_the_confirmed_boxes(release_folder: Path) -> None:
    coco = pytest.importorskip("pycocotools.coco")
    told = coco.COCO(str(release_folder / "boxes/instances.json"))
    boxes = told.loadAnns(told.getAnnIds(catIds=told.getCatIds(catNms=["Pleural Effusion"])))
    assert [box["bbox"] for box in boxes] == [[10, 20, 30, 40]] * 12
    for image in told.loadImgs(told.getImgIds()):
        assert (release_folder / image["file_name"]).is_file()


def test_patients_of_the_derivative_are_told_apart_by_digits(release_folder: Path) -> None:
    """As torchxrayvision groups them; hexadecimal pseudonyms would be cut at their first letter."""
    found = set()
    for place in (release_folder / "derived/png-512").glob("*.csv"):
        for row in csv.DictReader(place.open()):
            told = re.search(r"(patient\d+)/", row["Path"])
            assert told
            found.add(told[1])
    assert len(found) == load_release(release_folder).table("studies").num_rows


def test_torchxrayvision_reads_the_derivative_and_keeps_every_patient(release_folder: Path) -> None:
    torchxrayvision = pytest.importorskip("torchxrayvision")
    folder = release_folder / "derived/png-512"
    patients = load_release(release_folder).split_set().patients("train")
    for views, least in ((["PA"], len(patients)), (["L"], 1)):
        read = torchxrayvision.datasets.CheX_Dataset(str(folder), str(folder / "train.csv"), views=views)
        assert len(read) >= least
        sample = read[0]
        assert sample["img"].shape[0] == 1 and sample["img"].min() < -900 and sample["img"].max() > 900
        assert sample["lab"][read.pathologies.index("Effusion")] == 1
    assert len(torchxrayvision.datasets.CheX_Dataset(str(folder), str(folder / "train.csv"))) == len(patients)


@pytest.mark.parametrize("workers", [0, 2])
def test_a_data_loader_makes_batches(release_folder: Path, workers: int) -> None:
    data = pytest.importorskip("torch.utils.data")
    studies = torch_studies(load_release(release_folder), "leave-out-north", "test", side=48, waiting=True)
    batches = list(data.DataLoader(studies, batch_size=8, num_workers=workers, multiprocessing_context=None))
    assert sum(len(batch["study"]) for batch in batches) == len(studies) == 20
    for batch in batches:
        assert batch["image"].shape[1:] == batch["lateral"].shape[1:] == (1, 48, 48)
        assert batch["labels"].shape[1:] == batch["known"].shape[1:] == (14,)
        assert set(batch["site"]) == {"north"} and set(batch["domain"].tolist()) == {0}
        assert bool(batch["labels"].isnan().logical_xor(batch["known"]).all())
        assert all("effusion" in text for text in batch["text"])
        shown = batch["lateral"].flatten(1).amax(1) > 0
        assert (shown == batch["has_lateral"]).all()


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value for name, value in attrs if name in ("src", "href") and value and value[0] != "#"]


@pytest.fixture
def static_server(release_folder: Path) -> Iterator[str]:
    """The release behind a static web server on this machine."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            return

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(release_folder)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/"
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_static_web_server_shows_the_card_and_what_it_links(static_server: str) -> None:
    with urllib.request.urlopen(static_server) as answer:
        page = answer.read().decode()
        assert answer.headers["Content-Type"].startswith("text/html")
    assert "Small" in page and "Pleural Effusion" in page
    links = _Links()
    links.feed(page)
    for link in links.found:
        if link.startswith("data:"):
            continue
        assert "//" not in link, "the page asks another machine for something"
        with urllib.request.urlopen(static_server + link) as answer:
            assert answer.status == 200


def test_a_release_loads_without_pandas_and_torch_and_says_what_needs_them(release_folder: Path) -> None:
    program = (
        "import sys\n"
        "class Absent:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name in ('pandas', 'torch'): raise ImportError(name)\n"
        "sys.meta_path.insert(0, Absent())\n"
        "from cxrforge.errors import UsageError\n"
        "from cxrforge.research import StudySamples, load_release, torch_studies\n"
        "release = load_release(sys.argv[1])\n"
        "print(StudySamples(release)[0].image.shape)\n"
        "for call in (release.labels, lambda: release.frame('labels'), lambda: torch_studies(release)):\n"
        "    try: call()\n"
        "    except UsageError as told: print(told)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(release_folder)], capture_output=True, text=True, check=True
    )
    first, *refusals = done.stdout.splitlines()
    assert first == "(600, 500)"
    assert [line.split()[0] for line in refusals] == ["pandas", "pandas", "torch"]
    assert all("pip install" in line for line in refusals)


def test_dciodvfy_reads_every_image(release_folder: Path) -> None:
    if not shutil.which("dciodvfy"):
        pytest.skip("dciodvfy is not installed")
    for row in load_release(release_folder).table("images").to_pylist():
        done = subprocess.run(
            ["dciodvfy", str(release_folder / row["path"])], capture_output=True, text=True, check=False
        )
        assert "Error" not in done.stdout + done.stderr, done.stderr

"""A model in the labeler's place: a tiny one, made here, whose answers are known."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from cxrforge.errors import ConfigError, UsageError
from cxrforge.labels.model import load_model
from cxrforge.records import OBSERVATIONS, Assertion, Section

onnx = pytest.importorskip("onnx")
tokenizers = pytest.importorskip("tokenizers")

WORDS = ("[UNK]", "effusion", "edema")
DESCRIPTION = f"""
languages = ["en"]
longest = 16
observations = {json.dumps([*OBSERVATIONS[1:], OBSERVATIONS[0]])}
classes = ["not mentioned", "present", "absent", "uncertain"]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A model that calls Pleural Effusion present when the text says effusion, Edema uncertain when it says edema."""
    vocabulary = {word: i for i, word in enumerate(WORDS)}
    model = tokenizers.models.WordLevel(vocabulary, unk_token="[UNK]")
    tokenizer = tokenizers.Tokenizer(model)
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    tokenizer.normalizer = tokenizers.normalizers.Lowercase()
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    onnx.save(network(), str(tmp_path / "model.onnx"))
    (tmp_path / "labeler.toml").write_text(DESCRIPTION, encoding="utf-8")
    return tmp_path


def network() -> object:
    helper, numpy_helper, kinds = onnx.helper, onnx.numpy_helper, onnx.TensorProto
    ids = [helper.make_tensor_value_info(n, kinds.INT64, [1, None]) for n in ("input_ids", "attention_mask")]
    nodes, weights, outputs = [], [], []
    for name in (*OBSERVATIONS[1:], OBSERVATIONS[0]):
        table = np.zeros((len(WORDS), 2 if name == "No Finding" else 4), np.float32)
        table[:, 0] = 0.5
        if name == "Pleural Effusion":
            table[1, 1] = 9
        if name == "Edema":
            table[2, 3] = 9
        key = name.replace(" ", "")
        weights.append(numpy_helper.from_array(table, f"table{key}"))
        nodes.append(helper.make_node("Gather", [f"table{key}", "input_ids"], [f"each{key}"]))
        nodes.append(helper.make_node("ReduceMax", [f"each{key}"], [key], axes=[1], keepdims=0))
        outputs.append(helper.make_tensor_value_info(key, kinds.FLOAT, [1, table.shape[1]]))
    graph = helper.make_graph(nodes, "labels", ids, outputs, weights)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def test_a_model_labels_what_its_outputs_say(folder: Path) -> None:
    labels = load_model(folder)("Small effusion, possible edema.", "en").labels
    assert labels["Pleural Effusion"] is Assertion.PRESENT and labels["Edema"] is Assertion.UNCERTAIN
    assert tuple(labels) == OBSERVATIONS and sum(a is not None for a in labels.values()) == 2


def test_sections_that_do_not_count_are_not_shown_to_the_model(folder: Path) -> None:
    text = "effusion? Heart normal."
    sections = (Section("indication", 0, 9), Section("findings", 10, len(text)))
    assert load_model(folder)(text, "en", sections).labels["Pleural Effusion"] is None


def test_a_language_that_the_model_does_not_read_is_refused(folder: Path) -> None:
    with pytest.raises(UsageError, match="language"):
        load_model(folder)("Erguss", "de")


@pytest.mark.parametrize("name", ("model.onnx", "tokenizer.json", "labeler.toml"))
def test_a_missing_or_broken_part_is_told(folder: Path, name: str) -> None:
    (folder / name).write_bytes(b"\xff broken")
    with pytest.raises(ConfigError, match="cannot be read"):
        load_model(folder)
    (folder / name).unlink()
    with pytest.raises(ConfigError, match="incomplete"):
        load_model(folder)


@pytest.mark.parametrize(("old", "new"), (('["en"]', "[]"), ("Edema", "Odema"), ("absent", "away"), ("16", "0")))
def test_a_description_that_does_not_fit_is_refused(folder: Path, old: str, new: str) -> None:
    path = folder / "labeler.toml"
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    with pytest.raises(ConfigError):
        load_model(folder)

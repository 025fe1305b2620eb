"""A classifier from a local folder in the labeler's place: CheXbert-style, off unless asked for.

The folder holds `model.onnx`, `tokenizer.json` (Hugging Face's format) and `labeler.toml`:

    languages = ["en"]
    longest = 512                       # tokens
    observations = ["Enlarged Cardiomediastinum", …]                # in the order of the model's outputs
    classes = ["not mentioned", "present", "absent", "uncertain"]   # in the order of each output's values

The model takes `input_ids`, `attention_mask` and, where it has it, `token_type_ids` (int64, 1 × tokens) and gives one
output of 1 × classes for each observation; an output may be shorter where later classes do not apply, as CheXbert's is
for No Finding (Smit et al. 2020, arXiv:2004.09167). It says what a report states and not where: there are no mentions.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from cxrforge.errors import ConfigError, UsageError
from cxrforge.records import OBSERVATIONS, Assertion, LabelledReport, Section
from cxrforge.tables import observations
from cxrforge.tables.observations import ObservationPolicy

_CLASSES = {"not mentioned": None, **{a.value: a for a in Assertion}}
_FILES = ("labeler.toml", "tokenizer.json", "model.onnx")


@dataclass(frozen=True, slots=True)
class ModelLabeler:
    """A loaded classifier; call it as `label_report` is called."""

    languages: frozenset[str]
    longest: int
    observations: tuple[str, ...]
    classes: tuple[Assertion | None, ...]
    tokenizer: Any
    session: Any

    def __call__(
        self,
        text: str,
        language: str,
        sections: Sequence[Section] | None = None,
        policy: ObservationPolicy | None = None,
    ) -> LabelledReport:
        """Return the labels of `text`; raise `UsageError` for a language that the model was not made for."""
        if language not in self.languages:
            expected = ", ".join(sorted(self.languages))
            raise UsageError("the label model does not read this language", expected=expected, found=language[:12])
        counted = (policy or observations.load()).sections
        parts = [text[s.start : s.end] for s in sections if s.name in counted] if sections is not None else [text]
        encoded = self.tokenizer.encode(" ".join(" ".join(parts).split()))
        ids = np.array([encoded.ids], np.int64)
        given = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
        asked = {i.name: given[i.name] for i in self.session.get_inputs()}
        found: dict[str, Assertion | None] = dict.fromkeys(OBSERVATIONS)
        for name, scores in zip(self.observations, self.session.run(None, asked), strict=True):
            found[name] = self.classes[int(np.argmax(scores[0]))]
        return LabelledReport(found, ())


def load_model(folder: Path) -> ModelLabeler:
    """Load the classifier in `folder`; raise `ConfigError` where it is incomplete or does not fit its description."""
    if missing := [name for name in _FILES if not (folder / name).is_file()]:
        raise ConfigError("the label model is incomplete", expected=", ".join(_FILES), found=f"no {missing[0]}")
    try:
        import onnxruntime
        from tokenizers import Tokenizer
    except ImportError as error:
        raise ConfigError(
            "a label model needs a package more", next_step="Install it: pip install 'cxrforge[model]'"
        ) from error
    languages, longest, names, classes = _described(folder / "labeler.toml")
    try:
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        session = onnxruntime.InferenceSession(str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # both libraries raise bare exceptions of their own
        raise ConfigError("the label model cannot be read", found=type(error).__name__) from error
    tokenizer.enable_truncation(longest)
    if len(session.get_outputs()) != len(names):
        found = f"{len(session.get_outputs())} outputs"
        raise ConfigError("the label model", expected=f"{len(names)} outputs, one an observation", found=found)
    if unknown := {i.name for i in session.get_inputs()} - {"input_ids", "attention_mask", "token_type_ids"}:
        raise ConfigError("the label model", expected="BERT's inputs", found=sorted(unknown)[0])
    return ModelLabeler(languages, longest, names, classes, tokenizer, session)


def _described(path: Path) -> tuple[frozenset[str], int, tuple[str, ...], tuple[Assertion | None, ...]]:
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError("labeler.toml cannot be read", found=type(error).__name__) from error
    languages, longest = told.get("languages"), told.get("longest", 512)
    names, classes = told.get("observations"), told.get("classes")
    if not isinstance(languages, list) or not languages or not all(isinstance(x, str) for x in languages):
        raise ConfigError("languages", where="labeler.toml", expected='a list such as ["en"]')
    if not isinstance(longest, int) or not 2 <= longest <= 100_000:
        raise ConfigError("longest", where="labeler.toml", expected="a number of tokens")
    if not isinstance(names, list) or sorted(map(str, names)) != sorted(OBSERVATIONS):
        raise ConfigError("observations", where="labeler.toml", expected="the fourteen, in the model's order")
    if not isinstance(classes, list) or sorted(map(str, classes)) != sorted(_CLASSES):
        raise ConfigError("classes", where="labeler.toml", expected=", ".join(_CLASSES))
    return frozenset(languages), longest, tuple(names), tuple(_CLASSES[c] for c in classes)

"""Studies of a release as a PyTorch dataset; torch is asked for here and nowhere else."""

from __future__ import annotations

from typing import Any

import numpy as np

from cxrforge.research.release import Release, SplitSet, needed
from cxrforge.research.studies import StudySamples


class TorchStudies:
    """A map-style dataset for `torch.utils.data.DataLoader`, with worker processes or without.

    Each item is a dict: `image` and `lateral` are float32 tensors `(1, rows, columns)` in 0..1, `lateral` is black of
    the image's shape where `has_lateral` is False; `labels` has fourteen entries, NaN (or `IGNORED`) where `known`
    is False; `domain` numbers the site; `study`, `patient`, `site`, `language`, `text`, `findings` and `impression`
    are strings. With a `side` every item has one shape, so that the loader's own collation makes batches.
    """

    def __init__(self, samples: StudySamples) -> None:
        needed("torch")
        self.samples = samples

    def __len__(self) -> int:
        return len(self.samples)

    def __getitem__(self, number: int) -> dict[str, Any]:
        """Return one study as tensors and strings; IndexError past the end, as iteration asks for."""
        torch = needed("torch")
        sample = self.samples[number]
        lateral = np.zeros_like(sample.image) if sample.lateral is None else sample.lateral
        known = ~np.isnan(sample.labels) if sample.labels.dtype.kind == "f" else sample.labels >= 0
        return {
            "study": sample.study,
            "patient": sample.patient,
            "site": sample.site,
            "domain": sample.domain,
            "image": torch.from_numpy(np.ascontiguousarray(sample.image))[None],
            "lateral": torch.from_numpy(np.ascontiguousarray(lateral))[None],
            "has_lateral": sample.lateral is not None,
            "labels": torch.from_numpy(sample.labels),
            "known": torch.from_numpy(known),
            "language": sample.language,
            "text": sample.text,
            "findings": sample.findings,
            "impression": sample.impression,
        }


def torch_studies(
    release: Release, splits: SplitSet | str | None = None, split: str | None = None, **options: Any
) -> TorchStudies:
    """Return the studies of one split, or all, for a DataLoader; `options` are those of `StudySamples`."""
    return TorchStudies(StudySamples(release, splits, split, **options))

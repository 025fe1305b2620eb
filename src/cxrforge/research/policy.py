"""What a label becomes in training: the four ways of Irvin et al. 2019 with "uncertain", and what silence means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cxrforge.errors import UsageError
from cxrforge.formats.release_tables import LABEL_WORDS
from cxrforge.records import Assertion

IGNORED = -1
"""The class of what a loss should ignore, under `LabelPolicy.MULTI_CLASS`; the other policies say NaN."""


class LabelPolicy(StrEnum):
    """What becomes of "uncertain": negative, positive, left out, or a class of its own."""

    U_ZEROS = "u-zeros"
    U_ONES = "u-ones"
    IGNORE = "ignore"
    MULTI_CLASS = "multi-class"


class Silence(StrEnum):
    """What becomes of "not mentioned": left out, as the report leaves it; or negative, as CheXpert's models train."""

    IGNORE = "ignore"
    NEGATIVE = "negative"


_UNCERTAIN: Mapping[LabelPolicy, float] = {
    LabelPolicy.U_ZEROS: 0,
    LabelPolicy.U_ONES: 1,
    LabelPolicy.IGNORE: np.nan,
    LabelPolicy.MULTI_CLASS: 2,
}


def encode(
    words: Sequence[Sequence[str]], policy: LabelPolicy | str, silence: Silence | str = Silence.IGNORE
) -> NDArray[Any]:
    """Return labels, as the release's tables spell them, as numbers of the same shape.

    float32 with 1, 0 and NaN where nothing is to be learnt; int64 with 0 negative, 1 positive, 2 uncertain and
    `IGNORED` under the multi-class policy.
    """
    policy, silence = label_policy(policy), _silence(silence)
    unsaid = 0.0 if silence is Silence.NEGATIVE else np.nan
    values = {
        LABEL_WORDS[Assertion.PRESENT]: 1.0,
        LABEL_WORDS[Assertion.ABSENT]: 0.0,
        LABEL_WORDS[Assertion.UNCERTAIN]: _UNCERTAIN[policy],
        LABEL_WORDS[None]: unsaid,
    }
    try:
        numbers = np.array([[values[word] for word in row] for row in words], np.float32)
    except KeyError:
        raise UsageError("a label is none that a release knows", expected=", ".join(values)) from None
    if policy is LabelPolicy.MULTI_CLASS:
        return np.where(np.isnan(numbers), IGNORED, np.nan_to_num(numbers)).astype(np.int64)
    return numbers


def label_policy(name: LabelPolicy | str) -> LabelPolicy:
    """Return the policy of that name; UsageError where there is none."""
    try:
        return LabelPolicy(name)
    except ValueError:
        raise UsageError("label policy", expected=" or ".join(LabelPolicy), found="another word") from None


def _silence(name: Silence | str) -> Silence:
    try:
        return Silence(name)
    except ValueError:
        raise UsageError("what silence means", expected=" or ".join(Silence), found="another word") from None

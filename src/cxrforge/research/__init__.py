"""A release in the tools that researchers use: tables, label policies, splits, studies for PyTorch.

Reads a release folder and nothing else. pandas and torch are asked for where they are used.
"""

from cxrforge.research.pixels import PixelSource
from cxrforge.research.policy import IGNORED, LabelPolicy, Silence, encode
from cxrforge.research.release import Release, SplitSet, load_release
from cxrforge.research.studies import StudySample, StudySamples
from cxrforge.research.torch_studies import TorchStudies, torch_studies

__all__ = [
    "IGNORED",
    "LabelPolicy",
    "PixelSource",
    "Release",
    "Silence",
    "SplitSet",
    "StudySample",
    "StudySamples",
    "TorchStudies",
    "encode",
    "load_release",
    "torch_studies",
]

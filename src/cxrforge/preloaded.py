"""Imported once by the fork server, so that workers begin as copies of it with the heavy modules in place.

Only what starts no thread when it is imported may stand here: a fork copies a thread's locks and not the thread.
onnxruntime and pyarrow do start one; workers import them on their own. Thread counts are set before numpy is loaded,
for its numeric library reads them then and never again.
"""

from __future__ import annotations

import os

from cxrforge.executors import ONE_THREAD

os.environ.update({name: os.environ.get(name, "1") for name in ONE_THREAD})

import cv2  # noqa: F401
import scipy.ndimage  # noqa: F401

import cxrforge.catalogue.outcomes
import cxrforge.dicom.deidentify
import cxrforge.ingest.examine
import cxrforge.labels.labeler
import cxrforge.reports.deidentify  # noqa: F401

"""The peer of the labels benchmark: medspaCy's ConText over phrases of the kind that CheXpert's labeler names.

    python benchmarks/labels_peer.py < texts.jsonl

Reads one JSON string a line and answers each with the list of observations that are stated as present; the last line
is the time that took, in seconds of CPU. It imports nothing of cxrforge, so it may run in an environment of its own.
"""

from __future__ import annotations

import json
import sys
import time

import medspacy
from medspacy.ner import TargetRule

PHRASES = {
    "Atelectasis": (("atelecta.*",), ("collapsed?",)),
    "Cardiomegaly": (
        ("cardiomegaly",),
        ("enlarged", "heart|cardiac"),
        ("heart|cardiac", "enlargement"),
        ("heart", "is", "enlarged"),
        ("heart", "size", "is", "enlarged"),
        ("cardiac", "silhouette", "is", "enlarged"),
        ("heart|cardiac", "size|silhouette", "enlarged"),
        ("heart|silhouette", "is", "mildly|moderately|markedly|slightly|severely", "enlarged"),
        ("enlarge.*", "of", "the", "heart|cardiac"),
    ),
    "Consolidation": (("consolidat.*",),),
    "Edema": (
        ("o?edema",),
        ("heart", "failure"),
        ("chf",),
        ("pulmonary|vascular", "congestion"),
        ("fluid", "overload"),
    ),
    "Lung Lesion": (
        ("mass|masses",),
        ("nodul.*",),
        ("cavit.*",),
        ("neoplas.*|tumou?rs?|carcinoma|metasta.*",),
    ),
    "Pleural Effusion": (("effusions?",), ("pleural", "fluid")),
    "Pleural Other": (
        ("pleural", "thickening|scar.*|plaques?|fibrosis"),
        ("fibrothorax",),
        ("pleuroparenchymal", ".*"),
        ("pleural-parenchymal", ".*"),
    ),
    "Pneumonia": (("pneumonia|bronchopneumonia",), ("infections?|infectious",)),
    "Pneumothorax": (("(hydro)?pneumothora(x|ces)",),),
}
"""Word patterns per observation; written for this benchmark."""

SAID_OTHERWISE = ("is_negated", "is_uncertain", "is_historical", "is_hypothetical", "is_family")


def main() -> None:
    """Answer every line of the standard input."""
    nlp = medspacy.load()
    matcher = nlp.get_pipe("medspacy_target_matcher")
    for observation, patterns in PHRASES.items():
        for words in patterns:
            shape = [{"LOWER": {"REGEX": f"^(?:{word})$"}} for word in words]
            matcher.add(TargetRule(" ".join(words), observation, pattern=shape))
    texts = [json.loads(line) for line in sys.stdin]
    start = time.process_time()
    for text in texts:
        entities = nlp(text).ents
        present = {e.label_ for e in entities if not any(getattr(e._, name) for name in SAID_OTHERWISE)}
        print(json.dumps(sorted(present)))
    print(json.dumps(time.process_time() - start))


if __name__ == "__main__":
    main()

"""From mentions over assertions and observations to labels: `label_report(text, language)`."""

from cxrforge.labels.labeler import label_report

__all__ = ["label_report"]

"""Hospital exports of chest radiographs and reports in, a research dataset out."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("cxrforge")
except PackageNotFoundError:  # a checkout on the path, not installed
    __version__ = "0.1.0"

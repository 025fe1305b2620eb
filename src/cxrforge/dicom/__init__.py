"""DICOM objects: reading, header profile, pixel data in and out of its transfer syntax, display values."""

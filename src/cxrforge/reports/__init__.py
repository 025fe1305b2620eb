"""Reports: every format in, sections cut, identifiers out."""

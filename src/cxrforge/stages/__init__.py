"""The pipeline's stages, one file each, listed in one tuple."""

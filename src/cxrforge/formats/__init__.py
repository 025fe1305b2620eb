"""What a release is written in."""

"""What kind of radiograph it is, its view, depth and quality."""

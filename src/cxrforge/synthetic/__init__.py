"""A consortium of made-up hospitals with known truth."""

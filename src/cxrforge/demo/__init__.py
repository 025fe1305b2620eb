"""The whole line on made-up hospitals, scored against what is known of them."""

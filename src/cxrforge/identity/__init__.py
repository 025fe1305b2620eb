"""What is known of a person, found again in text and in bytes."""

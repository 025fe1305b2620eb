"""From mentions over assertions and observations to labels."""

"""What must be signed, filed and asked before data may be published, and whether it is in force on a day."""

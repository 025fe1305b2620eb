"""What the audits say of the workspace now, for the criteria, the reading room and a release."""

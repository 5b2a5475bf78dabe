"""From what a user asks for to a run in the cloud: checked, priced, started once."""

"""The container image of the steps: its name, what goes into it, and who builds it."""

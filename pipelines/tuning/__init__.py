"""Pipelines that tune, as the command line shows them: what will be tried, and what was."""

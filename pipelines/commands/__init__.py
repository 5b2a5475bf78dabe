"""The commands of `python -m pipelines`, a file each; heavy imports are inside the functions."""

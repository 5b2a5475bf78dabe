"""Tuning: tries parameters of a training and finds the best.

`tune` does it on this machine with Optuna; on Vertex AI a hyperparameter tuning job does. What is
tried is declared in `models/<challenge>.py` (see `models.search_space`), and both leave the same
files: see `models.tuning.results`.
"""

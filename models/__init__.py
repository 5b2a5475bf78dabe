"""Keras networks, losses, metrics, input, training, export and prediction. Knows nothing of KFP."""

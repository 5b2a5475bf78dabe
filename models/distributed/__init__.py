"""Training on several accelerators with TensorFlow, of one machine or of several.

`cluster` reads from TF_CONFIG which of the workers this process is, `workers` joins them and ends
them together, `engine` trains a batch with all of them.
"""

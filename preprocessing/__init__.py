"""Raw data -> examples. Beam and tf.Transform. Knows nothing of models."""

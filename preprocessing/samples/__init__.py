"""Sample data made by code: `<challenge>.py` has a `write_sample(folder)`; the rest they share."""

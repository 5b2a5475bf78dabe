"""Raw data in all its formats: what rows it has of which class, and how to read them in batches."""

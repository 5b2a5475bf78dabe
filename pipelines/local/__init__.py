"""The backend of this machine: steps as processes, the cache, and what is done with local runs."""

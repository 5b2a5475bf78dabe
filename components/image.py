"""The image that every component runs in; backends put their own tag on it."""

IMAGE = "challenge-pipelines"
"""Name without tag. Compiling adds the git commit, a local run the hash of a step's code."""

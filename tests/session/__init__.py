"""The brain of a session."""

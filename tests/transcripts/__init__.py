"""Transcripts: a test is the script of a conversation."""

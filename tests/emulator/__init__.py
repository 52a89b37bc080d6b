"""Tests of the in-memory Firestore."""

"""Fixtures of upgrades: the state of a stage as a release leaves it, kept for the tests of later ones."""

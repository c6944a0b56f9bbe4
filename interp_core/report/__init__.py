"""Findings rendered for people and machines."""

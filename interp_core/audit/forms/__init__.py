"""Readers, one for each form of write-up."""

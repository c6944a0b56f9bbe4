"""Content-addressed values on disk."""

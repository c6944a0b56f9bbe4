"""Model passes."""

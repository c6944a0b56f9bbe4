"""The rules: those that look at one sentence at a time, and those that look at the whole text."""

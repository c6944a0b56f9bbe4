"""The audit for people and machines: terminal, HTML, JSON, SARIF and GitHub's annotations."""

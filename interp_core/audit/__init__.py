"""Write-ups held against the evidence."""

"""The console command ``claims``: one small module for each subcommand."""

from interp_core.cli.command import main

__all__ = ["main"]

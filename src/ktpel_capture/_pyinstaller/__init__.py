"""Tells PyInstaller where the hook is that adds this package's data files to a frozen application."""

from pathlib import Path


def get_hook_dirs() -> list[str]:
    return [str(Path(__file__).parent)]

"""A commented plan to start from, kept as a file beside this module."""

from __future__ import annotations

from importlib.resources import files


def template() -> str:
    """Return the text of the template; a test reads it as a plan."""
    return files(__package__).joinpath("template.toml").read_text(encoding="utf-8")

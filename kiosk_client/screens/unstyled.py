"""Kivy without the styles of its own widgets: we use none of them, and reading them took a tenth of the start."""

from importlib import import_module
from pathlib import Path

import kivy


def import_unstyled() -> None:
    """Called before any other part of Kivy is imported. Kivy reads style.kv when its language is imported."""
    usual = kivy.kivy_data_dir
    kivy.kivy_data_dir = str(Path(__file__).parent)  # where a style.kv of ours holds nothing
    try:
        import_module("kivy.lang")
    finally:
        kivy.kivy_data_dir = usual

"""Undo: reversals planned and followed, and what is posted again."""

"""Sohoa: from paper forms to verified records."""

__version__ = "0.1.0"

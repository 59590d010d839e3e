"""Sohoa beside other readers of forms, on the same drawn sheets: placing and ticks. See docs/how-good-is-it.md."""

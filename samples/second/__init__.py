"""Our second form, of two pages: its blank, and sheets filled by a machine."""

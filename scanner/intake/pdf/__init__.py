"""PDF files: the only place that opens them. PDFium in a process of its own; poppler where PDFium refuses a file."""

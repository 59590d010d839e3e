"""`python -m scanner` is `sohoa`."""

from scanner.cli import main

if __name__ == "__main__":
    main()

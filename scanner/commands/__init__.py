"""What each command of `sohoa` does: thin, each calls one room and turns what comes back into words."""

"""How many fields of a blank never seen `sohoa forms new` finds: blanks drawn from a seed, with the truth."""

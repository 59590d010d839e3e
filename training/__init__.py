"""How Sohoa's models are made: not installed with the product."""

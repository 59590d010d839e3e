"""Drawn sheets: invented people, many hands, worn as scanners do."""

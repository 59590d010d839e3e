"""Draw filled sheets of the shipped form.

    python -m samples draw --out DIR --count 60 --seed 11 [--hands typed,font,real] [--wears scan,grey]
                           [--fonts DIR] [--digits DIR] [--handwriting DIR] [--sheets 0-150]
    python -m samples ship [--fonts DIR]      the sheets that come with the project (see samples/README.md)

Real digits and real lines are used where their folders are given. The same seed draws the same sheets.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from samples.draw import load_stock, make_set
from samples.shipped import ship


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m samples", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    draw = commands.add_parser("draw", help="draw a set of sheets with its truth into a folder")
    draw.add_argument("--out", type=Path, required=True)
    draw.add_argument("--count", type=int, default=20)
    draw.add_argument("--seed", type=int, default=1)
    draw.add_argument("--hands", default="typed,font", help="of typed, font, real")
    draw.add_argument("--wears", default="scan,grey,clean", help="kinds of wear, see samples/wear.py")
    draw.add_argument("--slips", action="store_true", help="strike something out or cancel a tick now and then")
    draw.add_argument("--half", type=int, choices=(0, 1), help="use every other font")
    draw.add_argument("--fonts", type=Path, help="folder of the fonts that are looked for by name")
    draw.add_argument("--hand-fonts", type=Path, help="folder of hand-like fonts, all of which are used")
    draw.add_argument("--digits", type=Path, help="folder of real digits (MNIST)")
    draw.add_argument("--handwriting", type=Path, help="folder of real lines")
    draw.add_argument("--sheets", default="0-999", help="real lines of these sheets, FROM-TO")
    draw.add_argument("--images", default="0-60000", help="real digits of these images, FROM-TO")
    shipped = commands.add_parser("ship", help="draw the shipped samples again")
    shipped.add_argument("--fonts", type=Path, help="folder of the fonts that are looked for by name")
    options = parser.parse_args()
    if options.command == "ship":
        ship(Path(__file__).parent, options.fonts)
        return
    stock = load_stock(
        options.fonts,
        options.digits,
        options.handwriting,
        _span(options.sheets),
        options.half,
        _span(options.images),
        options.hand_fonts,
    )
    make_set(
        options.out,
        options.count,
        options.seed,
        stock,
        options.hands.split(","),
        options.wears.split(","),
        slips=options.slips,
    )


def _span(text: str) -> tuple[int, int]:
    """Two numbers, "FROM-TO"."""
    low, high = text.split("-")
    return int(low), int(high)


if __name__ == "__main__":
    main()

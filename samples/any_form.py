"""Fill any form, of however many pages: answers from a seed by what its fields and rules say, drawn onto its blanks.

    python -m samples.any_form --form ID --out DIR --count 20 --seed 5 [--hands typed,font] [--wears scan,grey]
                               [--fonts DIR] [--together]

One picture a page, or with --together one PDF with all of a person's pages, as a feeder makes it; the truth in
truth.jsonl. Every person is invented. Nothing here knows a form: what a field holds follows from its kind, its word
list and the checks that its form's rules bind it to.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from samples.draw import Sheet, Stock, draw_sheet, load_stock, save
from samples.people import DISTRICTS, GIVEN, HAMLETS, JOBS, MAJORS, MIDDLE, PEOPLES, SURNAMES, WORKPLACES
from samples.wear import wear
from scanner.forms.loading import blank_image, load_form, pages_of
from scanner.model import FieldKind, FieldSpec, FormTemplate, RuleSpec

Answers = dict[str, Any]
FILLED = 0.8
"""Share of the fields that need no answer and have one all the same."""


class Filler:
    """Answers that agree with each other as far as the form's rules say how."""

    def __init__(self, form: FormTemplate, rng: np.random.Generator) -> None:
        self._form, self._rng = form, rng
        self._home = ("", "", "")
        self._births = {str(r.fields["birth"]) for r in form.rules if "birth" in r.fields}
        self._lengths = {str(r.fields["number"]): max(int(str(n)) for n in r.listed("lengths"))
                         for r in form.rules if r.check == "length"}  # fmt: skip

    def draw(self) -> Answers:
        """The next person's answers, by field id."""
        self._home = self._place()
        answers: Answers = {spec.id: self._answer(spec) for spec in self._form.fields}
        for rule in self._form.rules:
            self._obey(rule, answers)
        for spec in self._form.fields:
            if spec.same_as:
                answers[spec.id] = answers[spec.same_as]
        return answers

    def _answer(self, spec: FieldSpec) -> Any:
        if spec.kind is FieldKind.CHOICES:
            return [o.id for o in spec.options if self._rng.random() < 0.25]
        if spec.kind is FieldKind.SIGNATURE:
            return bool(self._rng.random() < 0.9)
        if not spec.required and self._rng.random() > FILLED:
            return None
        return self._given(spec)

    def _given(self, spec: FieldSpec) -> str:
        match spec.kind:
            case FieldKind.CHOICE:
                return self._one([o.id for o in spec.options])
            case FieldKind.DIGITS if "năm" in spec.label.lower() and len(spec.boxes) == 4:
                return str(int(self._rng.integers(1975, 2025)))
            case FieldKind.DIGITS:
                return self._digits(self._lengths.get(spec.id, len(spec.boxes) if len(spec.boxes) > 1 else 6))
            case FieldKind.DATE:
                years = (1950, 2000) if spec.id in self._births else (2016, 2025)
                day, month, year = (int(self._rng.integers(*span)) for span in ((1, 29), (1, 13), years))
                return f"{day:02}/{month:02}/{year}"
            case _:
                return self._text(spec)

    def _text(self, spec: FieldSpec) -> str:
        if spec.lexicon == "places":
            return self._place_in(spec)
        if spec.lexicon == "names":
            return f"{self._one(SURNAMES)} {self._one(MIDDLE)} {self._one(GIVEN)}"
        lists = {"jobs": JOBS, "majors": MAJORS, "workplaces": WORKPLACES, "ethnic": PEOPLES}
        return self._one(lists.get(spec.lexicon or "", JOBS))

    def _place(self) -> tuple[str, str, str]:
        """A district, a commune in it, a hamlet."""
        district = self._one(list(DISTRICTS))
        return district, self._one(DISTRICTS[district]), self._one(HAMLETS)

    def _place_in(self, spec: FieldSpec) -> str:
        """Of the person's home what the label asks for; an address where it asks for no one unit."""
        district, commune, hamlet = self._home
        units = {"tỉnh": "Tuyên Quang", "huyện": district, "xã": commune, "thôn": hamlet}
        asked = next((unit for word, unit in units.items() if word in spec.label.lower()), None)
        if asked is None:
            district, commune, hamlet = self._home if self._rng.random() < 0.5 else self._place()
        return asked or f"{hamlet}, xã {commune}, {district}"

    def _digits(self, count: int) -> str:
        return "".join(str(d) for d in self._rng.integers(0, 10, count))

    def _one(self, things: Sequence[str]) -> str:
        return things[int(self._rng.integers(len(things)))]

    # --- what rules say --------------------------------------------------------------------------------

    def _obey(self, rule: RuleSpec, answers: Answers) -> None:
        bound = {role: [ids] if isinstance(ids, str) else list(ids) for role, ids in rule.fields.items()}
        match rule.check:
            case "identity_matches_birth":
                year = int(answers[bound["birth"][0]][-4:])
                place = self._one(["008", "002", "001", "025", "019"])
                century = 2 * (year >= 2000) + int(self._rng.integers(2))
                answers[bound["number"][0]] = f"{place}{century}{year % 100:02}{self._digits(6)}"
            case "identity_matches_sex":
                male = int(answers[bound["number"][0]][3]) % 2 == 0
                answers[bound["sex"][0]] = rule.params["male" if male else "female"]
            case "only_when" | "not_when" | "needed_when":
                self._settle(rule, bound, answers)
            case "includes_when_filled":
                text, chosen = bound["text"][0], answers[bound["choices"][0]]
                answers[text] = self._given(self._form.field(text)) if rule.params["option"] in chosen else None

    def _settle(self, rule: RuleSpec, bound: dict[str, list[str]], answers: Answers) -> None:
        applies = answers[bound["when"][0]] in rule.listed("values")
        for name in bound["then"]:
            spec = self._form.field(name)
            if applies == (rule.check == "not_when") and rule.check != "needed_when":
                answers[name] = [] if spec.kind is FieldKind.CHOICES else None
            elif applies and rule.check == "needed_when" and not answers[name]:
                answers[name] = self._given(spec)


def draw_person(form: FormTemplate, answers: Answers, stock: Stock, kind: str, rng: np.random.Generator) -> list[Sheet]:
    """All pages of a form filled by one hand; each sheet's truth is of its own page."""
    hand = stock.hand(kind, rng)
    return [
        draw_sheet(page, np.array(blank_image(page)), {f.id: answers[f.id] for f in page.fields}, hand)
        for page in pages_of(form)
    ]


def make_set(
    form: FormTemplate, out: Path, count: int, seed: int, stock: Stock, hands: Sequence[str], wears: Sequence[str],
    *, together: bool = False,
) -> None:  # fmt: skip
    """Draw and wear `count` people's sheets into a folder, with truth.jsonl."""
    out.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    filler = Filler(form, rng)
    lines: list[dict[str, Any]] = []
    for n in range(count):
        kind, worn_as = hands[n % len(hands)], str(wears[int(rng.integers(len(wears)))])
        sheets = draw_person(form, filler.draw(), stock, kind, rng)
        write = _as_pdf if together else _as_pictures
        for file, page, sheet in write(sheets, out / f"{n:04}_{kind}_{worn_as}", worn_as, rng):
            lines.append({"file": file, "page": page, "hand": kind, "wear": worn_as, "fields": sheet.truth})
    with (out / "truth.jsonl").open("w", encoding="utf-8") as truth:
        truth.writelines(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)


def _as_pictures(
    sheets: Sequence[Sheet], stem: Path, worn_as: str, rng: np.random.Generator
) -> Iterator[tuple[str, int, Sheet]]:
    for number, sheet in enumerate(sheets, 1):
        worn = wear(sheet.image, worn_as, rng)
        path = stem.with_name(f"{stem.name}_{number}{worn.suffix}")
        save(worn, path)
        yield path.name, 1, sheet


def _as_pdf(
    sheets: Sequence[Sheet], stem: Path, worn_as: str, rng: np.random.Generator
) -> Iterator[tuple[str, int, Sheet]]:
    worn = [wear(sheet.image, worn_as, rng) for sheet in sheets]
    first, *others = [Image.fromarray(w.image).convert("L") for w in worn]
    path = stem.with_suffix(".pdf")
    first.save(path, save_all=True, append_images=others, resolution=worn[0].dpi, quality=40, producer="", creator="")
    for number, sheet in enumerate(sheets, 1):
        yield path.name, number, sheet


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--form", required=True)
    parser.add_argument("--forms", type=Path, help="the folder of forms; default: those that came with the program")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--count", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--hands", default="typed")
    parser.add_argument("--wears", default="scan,grey,clean")
    parser.add_argument("--fonts", type=Path)
    parser.add_argument("--together", action="store_true", help="one PDF a person")
    options = parser.parse_args()
    make_set(
        load_form(options.form, options.forms), options.out, options.count, options.seed,
        load_stock(options.fonts, None, None), options.hands.split(","), options.wears.split(","),
        together=options.together,
    )  # fmt: skip


if __name__ == "__main__":
    main()

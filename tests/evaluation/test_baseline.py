"""A baseline of counts: what is a fall, what is noise, and that the reading of the shipped samples has not fallen."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from scanner.cli import main
from scanner.errors import SourceError
from scanner.evaluation import (
    Evaluation,
    UnplacedPage,
    evaluate,
    find_regressions,
    format_regressions,
    read_baseline,
    write_baseline,
)
from scanner.evaluation.baseline import p_value_of_fall, pages_of
from scanner.model import FormTemplate, PageStatus
from scanner.pipeline import PageReader, read_ref
from tests.evaluation.test_evaluation import FORM, judged, reading, three

ROOT = Path(__file__).parents[2]
BASELINE, SAMPLES = ROOT / "docs" / "baseline.json", ROOT / "samples"
FEW = ("01-typed-clean.png", "03-hand-scan.jpg", "05-typed-turned.jpg", "07-typed-fax.tif", "09-typed-dark.jpg")
"""Of every hand and of the wears that differ most; all samples would take three times as long."""


def named(tmp_path: Path, *readings: tuple[str, bool]) -> Evaluation:
    """Pages with one name each, "An": what was read, and whether a person was asked."""
    lines = [{"file": f"{n}.jpg", "fields": {"name": "An"}} for n in range(len(readings))]
    held = {f"{n}.jpg": (reading("name", value, 0.9, review),) for n, (value, review) in enumerate(readings)}
    return judged(tmp_path, held, *lines)


RIGHT, ASKED, WRONG, MISSED = ("An", False), ("An", True), ("Anh", False), ("Anh", True)


def told(before: Evaluation, now: Evaluation) -> set[tuple[str, str]]:
    """What fell: kind and measure."""
    return {(regression.kind, regression.measure) for regression in find_regressions(pages_of(before), now)}


# --- noise -------------------------------------------------------------------------------------------


def test_chance_is_that_of_fishers_lady_tasting_tea() -> None:
    # three cups of four right, then one of four: 17 of 70 ways (Fisher 1935, ch. 2)
    assert p_value_of_fall(3, 4, 1, 4) == pytest.approx(17 / 70)
    assert p_value_of_fall(4, 4, 0, 4) == pytest.approx(1 / 70)


@given(st.integers(0, 300), st.integers(0, 300))
def test_equal_counts_and_rises_are_never_a_fall(hits: int, more: int) -> None:
    n = hits + more
    assert p_value_of_fall(hits, n, hits, n) >= 0.5
    assert p_value_of_fall(hits, n, n, n) == pytest.approx(1)


def test_what_was_not_counted_before_cannot_fall() -> None:
    assert p_value_of_fall(0, 0, 0, 50) == pytest.approx(1)
    assert p_value_of_fall(50, 50, 0, 0) == pytest.approx(1)


def test_chance_is_computed_for_very_many_fields() -> None:
    assert p_value_of_fall(98_000, 100_000, 97_900, 100_000) == pytest.approx(0.057, abs=0.005)  # z = 1.59
    assert p_value_of_fall(98_000, 100_000, 97_500, 100_000) < 1e-9


# --- what fell -----------------------------------------------------------------------------------------


def test_the_same_reading_has_not_fallen(tmp_path: Path) -> None:
    assert told(three(tmp_path), three(tmp_path)) == set()


def test_a_few_fields_more_that_are_wrong_are_noise(tmp_path: Path) -> None:
    assert told(named(tmp_path, *[RIGHT] * 60), named(tmp_path, *[RIGHT] * 57, *[MISSED] * 3)) == set()


def test_a_fall_of_each_measure_is_told_for_the_kind_and_for_all(tmp_path: Path) -> None:
    before = named(tmp_path, *[RIGHT] * 60)
    for now, measures in (
        (named(tmp_path, *[RIGHT] * 40, *[ASKED] * 20), {"accepted"}),
        (named(tmp_path, *[RIGHT] * 40, *[WRONG] * 20), {"exact", "silent"}),
        (named(tmp_path, *[RIGHT] * 40, *[MISSED] * 20), {"exact", "accepted"}),
    ):
        assert told(before, now) == {(kind, measure) for kind in ("text", "total") for measure in measures}


def test_silent_errors_are_told_where_nothing_was_accepted_before(tmp_path: Path) -> None:
    before, now = named(tmp_path, *[MISSED] * 30), named(tmp_path, *[WRONG] * 30)
    assert told(before, now) == {("text", "silent"), ("total", "silent")}


def test_a_page_that_is_no_longer_placed_counts_as_read_wrong(tmp_path: Path) -> None:
    before = named(tmp_path, *[RIGHT] * 20)
    lost = tuple(UnplacedPage(f"{n}.jpg", 1, PageStatus.UNPLACED, None) for n in range(10))
    now = Evaluation((FORM,), 20, before.items[10:], lost)
    assert told(before, now) == {(kind, measure) for kind in ("text", "total") for measure in ("exact", "accepted")}


def test_some_of_the_pages_are_held_against_the_same_pages_alone(tmp_path: Path) -> None:
    before = named(tmp_path, *[RIGHT] * 60, *[MISSED] * 60)
    now = named(tmp_path, *[RIGHT] * 60, *[MISSED] * 60)
    worse = Evaluation((FORM,), 60, now.items[60:], ())
    assert told(before, worse) == set()


def test_pages_that_the_baseline_does_not_know_are_left_out(tmp_path: Path) -> None:
    before = named(tmp_path, *[RIGHT] * 30)
    assert told(before, named(tmp_path, *[RIGHT] * 30, *[WRONG] * 30)) == set()


def test_baseline_without_a_common_page_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no page in common"):
        find_regressions({"other.jpg (1)": {}}, named(tmp_path, RIGHT))


def test_one_sentence_names_what_fell_with_its_counts_the_surest_first(tmp_path: Path) -> None:
    before, now = named(tmp_path, *[RIGHT] * 60), named(tmp_path, *[RIGHT] * 40, *[MISSED] * 20)
    line = format_regressions(find_regressions(pages_of(before), now))
    assert "text exact 60 of 60 → 40 of 60" in line and "total accepted 60 of 60 → 40 of 60" in line
    p_values = [regression.p_value for regression in find_regressions(pages_of(before), now)]
    assert p_values == sorted(p_values) and max(p_values) < 0.01


# --- the file ------------------------------------------------------------------------------------------


def test_baseline_is_read_as_it_was_written_and_holds_no_value(tmp_path: Path) -> None:
    evaluation, path = three(tmp_path), tmp_path / "docs" / "baseline.json"
    write_baseline(evaluation, path)
    text = path.read_text(encoding="utf-8")
    assert "Hoà" not in text and "0123" not in text
    assert sum('.jpg (1)": ' in line for line in text.splitlines()) == 3  # a line a page
    counts = {page: {k: (s.n, s.exact, s.accepted, s.silent) for k, s in held.items()} for page, held in
              read_baseline(path, FORM).items()}  # fmt: skip
    assert counts["1.jpg (1)"] == {"text": (1, 0, 1, 1), "choice": (1, 1, 1, 0), "empty": (1, 1, 1, 0)}
    assert list(counts) == ["1.jpg (1)", "2.jpg (1)", "3.jpg (1)"]


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        '{"form": "slip", "version": "1"}',
        '{"form": "slip", "version": "1", "pages": {"1.jpg (1)": {"text": [1, 2, 1, 0]}}}',
        '{"form": "slip", "version": "1", "pages": {"1.jpg (1)": {"text": [3, 2, 1, 2]}}}',
        '{"form": "slip", "version": "1", "pages": {"1.jpg (1)": {"text": [1, 1, 1]}}}',
        '{"form": "slip", "version": "1", "pages": {}, "newer": 1}',
    ],
)
def test_a_file_that_is_no_baseline_is_one_sentence(tmp_path: Path, content: str) -> None:
    path = tmp_path / "baseline.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(SourceError, match=r"is not a baseline"):
        read_baseline(path, FORM)


def test_a_baseline_of_another_form_or_none_is_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "baseline.json"
    with pytest.raises(SourceError, match=r"There is no baseline file"):
        read_baseline(path, FORM)
    write_baseline(three(tmp_path), path)
    with pytest.raises(SourceError, match=r"is of the form slip, not other"):
        read_baseline(path, FORM.model_copy(update={"id": "other"}))


# --- the command -----------------------------------------------------------------------------------------


@pytest.fixture
def commanded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The command over pages whose reading is given."""

    def run(found: Evaluation, *more: str | Path) -> Result:
        monkeypatch.setattr("scanner.commands.pages._measured", lambda *_, **__: found)
        monkeypatch.setattr("scanner.commands.pages.chosen_forms", lambda *_: [FORM])
        return CliRunner().invoke(main, ["evaluate", str(tmp_path / "truth.jsonl"), *map(str, more)])

    return run


def test_command_writes_a_baseline_holds_to_it_and_fails_on_a_fall(tmp_path: Path, commanded) -> None:
    path = tmp_path / "baseline.json"
    good, bad = named(tmp_path, *[RIGHT] * 60), named(tmp_path, *[RIGHT] * 40, *[WRONG] * 20)
    written = commanded(good, "--baseline", path, "--write-baseline")
    assert written.exit_code == 0 and f"Baseline file: {path}" in written.stdout
    held = commanded(good, "--baseline", path)
    assert held.exit_code == 0 and "No measure is below the baseline file" in held.stdout
    fell = commanded(bad, "--baseline", path, "--report", tmp_path / "report.html")
    assert fell.exit_code == 1
    (sentence,) = fell.stderr.splitlines()
    assert "text exact 60 of 60 → 40 of 60" in sentence and "text silent errors 0 in 60 → 20 in 60" in sentence
    assert (tmp_path / "report.html").is_file()  # to see what it was
    assert commanded(bad, "--baseline", path, "--write-baseline").exit_code == 0
    assert commanded(bad, "--baseline", path).exit_code == 0


def test_baseline_that_is_not_there_is_told_before_any_page_is_read(tmp_path: Path, commanded) -> None:
    missing = commanded(named(tmp_path, RIGHT), "--baseline", tmp_path / "none.json")
    assert missing.exit_code == 1 and "There is no baseline file" in missing.stderr
    assert missing.stdout == ""


def test_write_baseline_needs_a_file(tmp_path: Path, commanded) -> None:
    assert commanded(named(tmp_path, RIGHT), "--write-baseline").exit_code == 2


# --- the shipped samples -----------------------------------------------------------------------------------


def test_reading_of_shipped_samples_has_not_fallen(form: FormTemplate, reader: PageReader, tmp_path: Path) -> None:
    lines = (SAMPLES / "truth.jsonl").read_text(encoding="utf-8").splitlines()
    truth = tmp_path / "truth.jsonl"
    truth.write_text("\n".join(line for line in lines if json.loads(line)["file"] in FEW) + "\n", encoding="utf-8")
    found = evaluate(truth, SAMPLES, form, partial(read_ref, reader=reader))
    assert found.pages == len(FEW)
    regressions = find_regressions(read_baseline(BASELINE, form), found)
    assert not regressions, format_regressions(regressions)

"""The site's own scale of confidence: learnt from decided readings, kept in the data folder, taken back."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from scanner.cli import main
from scanner.confidence.calibration import DATA, MADE_FROM, Calibration, kind_of, load_calibration
from scanner.confidence.recalibration import (
    BEFORE,
    FEWEST,
    FEWEST_OF_EACH,
    SHALLOWEST,
    STEEPEST,
    ConfidenceScale,
    DecidedSample,
    RecalibrationOutcome,
    calibration_of,
    fit_scale,
    gather,
    keep,
    learn,
    reset,
)
from scanner.confidence.statistics import LogisticModel, Vector, expected_calibration_error
from scanner.errors import SettingsError
from scanner.forms.loading import load_form
from scanner.model import FormTemplate, Reason, Record
from scanner.pipeline import build_reader
from scanner.settings import Settings
from scanner.store.database import Store
from scanner.store.views import DecidedReading, Viewer
from scanner.store_factory import open_store
from tests.store.conftest import PASSWORD, record

FORM = load_form("mau-so-03")
LINES = ("tinh", "huyen", "xa", "thon", "ho_ten", "noi_thuong_tru", "noi_o_hien_tai")
"""Lines of text that no rule speaks of."""
SHIPPED = Calibration(
    {"line": LogisticModel(0.5, {"z": 1.0}, 0.97, 0.999), "cells": LogisticModel(3.0, {"z": 2.0}, 0.9, 0.99)}, "drawn"
)
HERE, THERE = "02374", "02377"


def sigmoid(z: Vector) -> Vector:
    """Log-odds → probability."""
    return 1 / (1 + np.exp(-z))


def drawn(count: int, a: float, b: float, seed: int = 1) -> tuple[Vector, np.ndarray]:
    """Log-odds of doubtful readings, and whether they are right where the true log-odds are a·z + b."""
    random = np.random.default_rng(seed)
    z = np.minimum(random.normal(1.0, 2.0, count), 3.4)
    return z, random.random(count) < sigmoid(a * z + b)


def decided(count: int, a: float, b: float, seed: int = 1, each: int = 7) -> Iterator[DecidedReading]:
    """Decided lines, several a page."""
    for i, (z, right) in enumerate(zip(*drawn(count, a, b, seed), strict=True)):
        yield DecidedReading(f"page-{i // each}", FORM.id, LINES[0], "not_sure", {"z": z - 0.5}, bool(right))


def forms(form_id: str) -> FormTemplate | None:
    """The forms that are installed."""
    return FORM if form_id == FORM.id else None


def sample(readings: Iterable[DecidedReading]) -> DecidedSample:
    """Gathered against the little calibration."""
    return gather(readings, forms, SHIPPED)


def line(outcomes: Iterable[RecalibrationOutcome]) -> RecalibrationOutcome:
    """What came out for lines."""
    return next(o for o in outcomes if o.kind == "line")


# --- the scale ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("a, b", [(0.5, -0.7), (1.0, -1.0), (0.7, 0.5), (1.6, 0.0)])
def test_scale_is_found_again_from_many_readings(a: float, b: float) -> None:
    scale = fit_scale(*drawn(20_000, a, b))
    assert scale.a == pytest.approx(a, abs=0.06) and scale.b == pytest.approx(b, abs=0.08)


def test_overconfident_readings_get_calibrated() -> None:
    found = line(learn(sample(decided(1500, 0.5, -0.8)), SHIPPED))
    assert found.scale is not None and found.error_before is not None and found.error_after is not None
    assert found.error_before > 0.15 and found.error_after < 0.05
    # and so are other readings of the same hands
    z, right = drawn(4000, 0.5, -0.8, seed=9)
    model = found.scale.of(SHIPPED.models["line"])
    p = np.array([model.probability({"z": one - 0.5}) for one in z])
    assert expected_calibration_error(p, right) < 0.04 < 0.15 < expected_calibration_error(sigmoid(z), right)


def test_readings_that_are_as_right_as_they_seem_change_next_to_nothing() -> None:
    scale = fit_scale(*drawn(5000, 1.0, 0.0))
    assert scale.a == pytest.approx(1, abs=0.1) and scale.b == pytest.approx(0, abs=0.1)


def test_few_readings_change_little_and_none_nothing() -> None:
    none = fit_scale(np.zeros(0), np.zeros(0, bool))
    assert none.a == pytest.approx(1, abs=0.01) and none.b == pytest.approx(0, abs=0.01)
    few, many = (fit_scale(*drawn(count, 0.4, -1.0, seed=3)) for count in (8, 4000))
    assert abs(few.a - 1) < abs(many.a - 1) / 2 and abs(few.b) < abs(many.b) / 2


def test_scale_stays_within_its_bounds_and_is_the_best_there() -> None:
    z, right = drawn(5000, -1.0, 0.3)  # surer readings are more often wrong
    flat = fit_scale(z, right)
    assert flat.a == SHALLOWEST
    assert sigmoid(flat.a * z + flat.b).mean() == pytest.approx(right.mean(), abs=0.01)
    assert fit_scale(*drawn(20_000, 5.0, 0.0)).a == STEEPEST


def test_one_odd_reading_does_not_turn_the_scale() -> None:
    z, right = drawn(400, 1.0, 0.0)
    plain, odd = fit_scale(z, right), fit_scale(np.append(z, -500.0), np.append(right, True))
    assert abs(odd.a - plain.a) < 0.25


def test_scaled_model_says_the_scaled_log_odds() -> None:
    model = LogisticModel(0.4, {"x": 2.0, "y": -1.0}, 0.97, 0.999)
    scaled = ConfidenceScale(0.6, -0.3).of(model)
    features = {"x": 0.7, "y": 1.1}
    assert scaled.log_odds(features) == pytest.approx(0.6 * model.log_odds(features) - 0.3)
    assert (scaled.threshold, scaled.ceiling) == (model.threshold, model.ceiling)


def test_errors_are_measured_on_pages_left_out() -> None:
    """The scale itself is learnt from all of them, whatever page they are on."""
    readings = [*decided(700, 1.0, 0.0)]
    whole = line(learn(sample(readings), SHIPPED))
    one_page = line(learn(sample(replace(r, record_id="page") for r in readings), SHIPPED))
    assert whole.scale == one_page.scale and whole.error_after != whole.error_before
    # the only page left out leaves nothing to learn from
    assert one_page.error_after == pytest.approx(one_page.error_before or 0, abs=0.002)


# --- what is learnt from -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "rights, wrongs, enough",
    [
        (FEWEST - FEWEST_OF_EACH, FEWEST_OF_EACH, True),
        (FEWEST - FEWEST_OF_EACH - 1, FEWEST_OF_EACH, False),
        (FEWEST, FEWEST_OF_EACH - 1, False),
        (FEWEST_OF_EACH - 1, FEWEST, False),
        (0, 0, False),
    ],
)
def test_kind_with_too_few_keeps_the_shipped_model(rights: int, wrongs: int, enough: bool) -> None:
    readings = [
        replace(r, right=i < rights) for i, r in enumerate(decided(rights + wrongs, 1, 0)) if rights + wrongs > 0
    ]
    outcomes = learn(sample(readings), SHIPPED)
    found = line(outcomes)
    assert (found.decided, found.right, found.wrong) == (rights + wrongs, rights, wrongs)
    assert (found.scale is not None) is enough is (found.error_after is not None)
    own = calibration_of(outcomes, SHIPPED, date(2024, 10, 12))
    assert (own.models["line"] != SHIPPED.models["line"]) is enough
    assert own.models["cells"] == SHIPPED.models["cells"]


def test_readings_that_nothing_can_be_learnt_from_are_counted() -> None:
    (one,) = decided(1, 1, 0)
    found = sample(
        [
            one,
            replace(one, reason="rule_broken"),
            replace(one, reason="poor_image"),
            replace(one, reason="struck_out"),
            replace(one, reason=None),  # the machine was sure; a person happened to see that it is wrong
            replace(one, form="gone"),
            replace(one, field="gone"),
            replace(one, features={"other": 1.0}),
        ]
    )
    assert (found.kinds["line"].count, found.not_doubted, found.no_form, found.other_version) == (1, 4, 2, 1)


def test_broken_rules_do_not_make_the_machine_look_worse_than_it_is() -> None:
    """Rules bring readings to light because they are wrong: counted in, they would hide how often such are right."""
    honest = [*decided(1000, 1.0, 0.0)]
    by_rule = [replace(r, reason="rule_broken", right=False) for r in decided(500, 1.0, 0.0, seed=2)]
    scale = line(learn(sample([*honest, *by_rule]), SHIPPED)).scale
    assert scale == line(learn(sample(honest), SHIPPED)).scale


def test_every_field_of_the_form_has_a_kind_that_was_fitted() -> None:
    for features in ({}, {"ink_mm2": 0.1}):
        assert {kind_of(spec, features) for spec in FORM.fields} <= set(load_calibration().models)


# --- the site's own file ----------------------------------------------------------------------------


@pytest.fixture
def own() -> Calibration:
    """The shipped calibration, less sure of lines."""
    shipped = load_calibration()
    return calibration_of(
        [RecalibrationOutcome("line", 812, 700, ConfidenceScale(0.5, -1.0))], shipped, date(2024, 10, 12)
    )


def test_own_calibration_is_used_where_there_is_one(tmp_path: Path, own: Calibration) -> None:
    shipped = load_calibration()
    assert load_calibration(tmp_path) == load_calibration(tmp_path / "nowhere") == shipped
    assert keep(own, tmp_path) == tmp_path / DATA
    found = load_calibration(tmp_path)
    assert found == own and found.of_site and not shipped.of_site
    assert load_calibration() == shipped
    assert found.fitted_on == "812 decided readings, 2024-10-12"
    assert found.models["line"].bias == pytest.approx(0.5 * shipped.models["line"].bias - 1)


def test_pages_are_read_by_the_own_calibration(tmp_path: Path, own: Calibration) -> None:
    keep(own, tmp_path)
    assert build_reader(FORM, Settings(data=tmp_path)).calibration == own


def test_threshold_is_never_lower_than_the_shipped_one(tmp_path: Path, own: Calibration) -> None:
    shipped = load_calibration()
    assert [m.threshold for m in own.models.values()] == [m.threshold for m in shipped.models.values()]
    keep(replace(own, models={k: replace(m, threshold=0.1) for k, m in own.models.items()}), tmp_path)
    assert [m.threshold for m in load_calibration(tmp_path).models.values()] == [
        m.threshold for m in shipped.models.values()
    ]
    keep(replace(own, models={k: replace(m, threshold=1.01) for k, m in own.models.items()}), tmp_path)
    assert {m.threshold for m in load_calibration(tmp_path).models.values()} == {1.01}


def damaged(own: Calibration, folder: Path, how: str) -> None:
    """A file of the site's that is damaged in some way."""
    data = json.loads(keep(own, folder).read_text(encoding="utf-8"))
    if how == "cut":
        text = json.dumps(data)[:-40]
    elif how == "no mark":
        text = json.dumps({k: v for k, v in data.items() if k != MADE_FROM})
    elif how == "a kind is missing":
        text = json.dumps({**data, "models": {k: v for k, v in data["models"].items() if k != "cells"}})
    elif how == "no object":
        text = "[]"
    else:
        data["models"]["line"]["bias"] = {"text": "1", "nan": float("nan"), "yes": True, "huge": 10**400}[how]
        text = json.dumps(data)
    (folder / DATA).write_text(text, encoding="utf-8")


@pytest.mark.parametrize("how", ["cut", "no mark", "a kind is missing", "no object", "text", "nan", "yes", "huge"])
def test_damaged_file_is_refused_with_what_to_do(tmp_path: Path, own: Calibration, how: str) -> None:
    damaged(own, tmp_path, how)
    with pytest.raises(SettingsError, match=r"is damaged\. .* sohoa calibrate --reset"):
        load_calibration(tmp_path)


def test_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / DATA).write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SettingsError, match="damaged"):
        load_calibration(tmp_path)
    (tmp_path / DATA).unlink()
    (tmp_path / DATA).mkdir()
    with pytest.raises(SettingsError, match="cannot be read"):
        load_calibration(tmp_path)


def test_scale_of_other_shipped_models_is_passed_over(tmp_path: Path, own: Calibration) -> None:
    data = json.loads(keep(own, tmp_path).read_text(encoding="utf-8"))
    (tmp_path / DATA).write_text(json.dumps({**data, MADE_FROM: "0" * 16}), encoding="utf-8")
    assert load_calibration(tmp_path) == load_calibration()


def test_calibration_before_is_kept_beside(tmp_path: Path, own: Calibration) -> None:
    keep(own, tmp_path)
    first = (tmp_path / DATA).read_bytes()
    assert not (tmp_path / BEFORE).exists()
    keep(replace(own, fitted_on="later"), tmp_path)
    assert (tmp_path / BEFORE).read_bytes() == first
    assert load_calibration(tmp_path).fitted_on == "later"
    assert sorted(p.name for p in tmp_path.iterdir()) == [DATA, BEFORE]


def test_reset_goes_back_to_the_shipped_one_even_from_a_damaged_file(tmp_path: Path, own: Calibration) -> None:
    damaged(own, tmp_path, "cut")
    assert reset(tmp_path)
    assert load_calibration(tmp_path) == load_calibration()
    assert not reset(tmp_path) and not reset(tmp_path / "nowhere")


# --- the command -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def site_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with 280 lines of 40 pages decided by a person, of which the machine was too sure."""
    data = tmp_path_factory.mktemp("site") / "data"
    z, right = drawn(280, 0.5, -0.8)
    with open_store(Settings(data=data)) as store:
        store.add_user("hanh", "Hạnh", "reviewer", PASSWORD)
        hanh = store.authenticate("hanh", PASSWORD)
        assert hanh is not None
        batch = store.ensure_batch("Đợt 1", xa=HERE, form=FORM.id)
        for page in range(40):
            mine = slice(7 * page, 7 * page + 7)
            assert store.add_record(batch, doubted(page, z[mine]))
        decide(store, hanh, iter(right))
        other = store.ensure_batch("Đợt 2", xa=THERE, form=FORM.id)
        assert store.add_record(other, record("there.jpg", so_dinh_danh="008080199999"))
    return data


@pytest.fixture
def site(site_once: Path, tmp_path: Path) -> Path:
    """A site of one's own."""
    return Path(shutil.copytree(site_once, tmp_path / "data"))


def doubted(page: int, log_odds: Vector) -> Record:
    """A page whose lines have these log-odds by the shipped model."""
    model = load_calibration().models["line"]
    heaviest = max(model.weights, key=lambda name: abs(model.weights[name]))
    features = iter(
        dict.fromkeys(model.weights, 0.0) | {heaviest: (z - model.bias) / model.weights[heaviest]} for z in log_odds
    )
    made = record(f"{page}.jpg", so_dinh_danh=f"0080801{page:05}", **dict.fromkeys(LINES, "Nà Lại"))
    readings = tuple(
        replace(r, features=next(features), review=True, reasons=(Reason("not_sure"),)) if r.field in LINES else r
        for r in made.readings
    )
    return replace(made, readings=readings)


def decide(store: Store, viewer: Viewer, right: Iterator[bool]) -> None:
    """A person settles every field that is open, in order, and lets every issue stand."""
    rows = sorted(store.export_rows("all"), key=lambda row: int(row.source.removesuffix(".jpg")))
    for row in rows:
        for held in (f for f in row.fields if f.open):
            value, manner = (held.value, "accepted") if next(right) else ("Nà Lải", "typed")
            store.correct(row.record_id, held.field, value, viewer=viewer, seen_revision=0, manner=manner)
        for issue in store.record(row.record_id, None).issues:
            store.settle_issue(issue.id, viewer=viewer)


def run(data: Path, *more: str) -> Result:
    """The command as the operator gives it."""
    return CliRunner().invoke(main, ["--data", str(data), "calibrate", *more])


def row(result: Result, kind: str) -> list[str]:
    """A kind's row of the table."""
    return next(said.split() for said in result.stdout.splitlines() if said.startswith(kind))


def test_command_learns_from_verified_records(site: Path) -> None:
    result = run(site)
    assert result.exit_code == 0, result.output
    kind, count, _, before, after, used = row(result, "line")
    assert (kind, count, used) == ("line", "280", "yes")
    assert float(after) < float(before) - 0.05
    assert row(result, "cells")[1:] == ["0", "0", "-", "-", "no,", "too", "few"]
    found = load_calibration(site)
    assert found.of_site and found.fitted_on.startswith("280 decided readings, 2")
    shipped = load_calibration()
    features = dict.fromkeys(shipped.models["line"].weights, 0.0)
    assert found.models["line"].log_odds(features) != shipped.models["line"].log_odds(features)
    assert found.models["cells"] == shipped.models["cells"]


def test_learning_twice_gives_the_same_scale(site: Path) -> None:
    run(site)
    first = load_calibration(site)
    assert run(site).exit_code == 0
    assert load_calibration(site) == first and (site / BEFORE).exists()


def test_dry_run_shows_the_table_and_writes_nothing(site: Path) -> None:
    result = run(site, "--dry-run")
    assert result.exit_code == 0 and row(result, "line")[-1] == "yes"
    assert not (site / DATA).exists() and str(site) not in result.output


def test_commune_alone_is_learnt_from_and_named(site: Path) -> None:
    assert run(site, "--xa", HERE).exit_code == 0
    assert f"of commune {HERE}" in load_calibration(site).fitted_on
    shutil.copy(site / DATA, site / "kept")
    result = run(site, "--xa", THERE)
    assert result.exit_code == 1 and row(result, "line")[1] == "0"
    assert (site / DATA).read_bytes() == (site / "kept").read_bytes()
    mistyped = run(site, "--xa", "99999")
    assert mistyped.exit_code == 1 and "no batch of that commune" in mistyped.stderr


def test_too_few_decisions_end_with_what_is_missing(tmp_path: Path) -> None:
    for more in ((), ("--dry-run",)):
        result = run(tmp_path / "data", *more)
        assert result.exit_code == 1 and result.stderr.count("\n") == 1
        assert str(FEWEST) in result.stderr and str(FEWEST_OF_EACH) in result.stderr and "has 0, 0" in result.stderr
    assert not (tmp_path / "data" / DATA).exists()


def test_reset_takes_the_own_calibration_away(site: Path) -> None:
    run(site)
    assert "in use again" in run(site, "--reset").stdout
    assert load_calibration(site) == load_calibration()
    again = run(site, "--reset")
    assert again.exit_code == 0 and "already" in again.stdout
    assert run(site, "--reset", "--dry-run").exit_code == run(site, "--reset", "--xa", HERE).exit_code == 2


def test_command_and_its_file_tell_nothing_of_anybody(site: Path) -> None:
    result = run(site)
    told = result.output + (site / DATA).read_text(encoding="utf-8")
    with open_store(Settings(data=site)) as store:
        ids = [r.record_id for r in store.export_rows()]
    assert not [secret for secret in ("Nà L", "Quan", "0080801", "Hạnh", "hanh", *ids) if secret in told]

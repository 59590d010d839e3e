"""Forms made on site: drafts, versions, and what stands against a form."""

from __future__ import annotations

import errno
import shutil
from pathlib import Path

import pytest

from scanner.errors import FormError, StorageFull
from scanner.forms import versions as form_versions
from scanner.forms.loading import FILE, RENDERED, forms_folder, list_forms, load_form
from scanner.forms.versions import (
    all_faults,
    blank_picture,
    drop_draft,
    is_form_id,
    keep_draft,
    list_drafts,
    load_draft,
    load_version,
    publish,
    versions,
)
from scanner.model import FormTemplate, RuleSpec
from scanner.settings import Settings
from scanner.store_factory import _Forms

FORM = "mau-so-03"


@pytest.fixture
def site(tmp_path: Path) -> Path:
    return tmp_path / "forms"


def titled(form: FormTemplate, title: str) -> FormTemplate:
    return form.model_copy(update={"title": title})


def codes(form: FormTemplate) -> list[str]:
    return [fault.code for fault in all_faults(form)]


def ruled(form: FormTemplate, *rules: RuleSpec) -> FormTemplate:
    return form.model_copy(update={"rules": rules})


def test_first_version_of_a_new_form_is_one_and_the_next_is_two(form: FormTemplate, site: Path) -> None:
    new = form.model_copy(update={"id": "phieu-moi", "version": "1"})
    first = publish(new, None, site)
    second = publish(titled(first, "Tên khác"), first, site)
    assert (first.version, second.version) == ("1", "2")
    assert load_form("phieu-moi", None, site).title == "Tên khác"
    assert versions("phieu-moi", site) == ["1", "2"]
    assert load_version("phieu-moi", "1", None, site).title == form.title
    assert all_faults(load_version("phieu-moi", "1", None, site)) == []  # whole, with its blank


def test_a_shipped_form_is_changed_on_site_and_its_shipped_version_kept(form: FormTemplate, site: Path) -> None:
    changed = publish(titled(form, "Của xã"), form, site)
    assert changed.version == "2022.2"
    assert load_form(FORM, None, site).title == "Của xã"
    assert load_form(FORM).title == form.title
    assert load_version(FORM, form.version, None, site).title == form.title
    assert list_forms(None, site) == list_forms()


def test_a_version_that_is_kept_never_changes(form: FormTemplate, site: Path) -> None:
    first = publish(titled(form, "Một"), form, site)
    kept = (site / FORM / "versions" / f"v{first.version}" / FILE).read_bytes()
    again = publish(titled(form, "Hai"), form, site)  # somebody who still saw the shipped one
    assert again.version != first.version
    assert (site / FORM / "versions" / f"v{first.version}" / FILE).read_bytes() == kept


def test_a_version_that_is_not_kept_is_the_one_in_force(form: FormTemplate, site: Path) -> None:
    publish(titled(form, "Của xã"), form, site)
    assert load_version(FORM, "1999", None, site).title == "Của xã"


@pytest.mark.parametrize("version", ["../..", "..", "a/b", "/etc", "2022.1/../../x"])
def test_no_version_leads_out_of_the_folder(form: FormTemplate, site: Path, version: str) -> None:
    publish(form, form.model_copy(update={"version": version}), site)
    assert load_version(FORM, version, None, site).id == FORM
    assert {p.name for p in site.iterdir()} == {FORM}
    assert all(p.name.startswith("v") for p in (site / FORM / "versions").iterdir())


@pytest.mark.parametrize("fails_at", [1, 2, 3])
def test_a_full_disk_leaves_nothing_half_written(
    form: FormTemplate, site: Path, monkeypatch: pytest.MonkeyPatch, fails_at: int
) -> None:
    calls = 0
    real = shutil.copyfile

    def full(source: Path, target: Path) -> None:
        nonlocal calls
        calls += 1
        if calls == fails_at:
            raise OSError(errno.ENOSPC, "full")
        real(source, target)

    monkeypatch.setattr(form_versions.shutil, "copyfile", full)
    with pytest.raises(StorageFull):
        publish(titled(form, "Của xã"), form, site)
    assert list(site.rglob("*")) == []
    assert load_form(FORM, None, site).title == form.title


def test_a_folder_that_cannot_be_written_is_told(form: FormTemplate, tmp_path: Path) -> None:
    (tmp_path / "forms").write_text("no folder")
    with pytest.raises(FormError, match="could not be written"):
        publish(form, form, tmp_path / "forms")


def test_drafts_are_kept_with_their_faults_and_are_no_forms(form: FormTemplate, tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    faulty = form.model_copy(update={"fields": ()})
    keep_draft(faulty, settings.drafts)
    assert list_drafts(settings.drafts) == [FORM]
    draft = load_draft(FORM, settings.drafts)
    assert draft is not None and codes(draft)[0] == "no_fields"
    assert load_form(FORM, *settings.form_places).fields
    drop_draft(FORM, settings.drafts)
    assert load_draft(FORM, settings.drafts) is None
    assert load_draft("../forms", settings.drafts) is None


@pytest.mark.parametrize("text", ["", "..", "a/b", "A", "-a", "con", "com1", "phiếu", "a" * 41, "a\n", ".a"])
def test_ids_that_are_no_safe_folder_names_are_refused(text: str) -> None:
    assert not is_form_id(text)


@pytest.mark.parametrize("text", ["phieu-01", "a", "console", "0"])
def test_plain_ids_are_taken(text: str) -> None:
    assert is_form_id(text)


def test_shipped_forms_have_no_faults() -> None:
    for form_id in list_forms():
        assert all_faults(load_form(form_id)) == []


def test_rules_that_could_not_be_run_are_told(form: FormTemplate) -> None:
    free = RuleSpec(rule="a", check="length", fields={}, params={"lengths": [9]})
    bare = RuleSpec(rule="b", check="age", fields={"birth": "ngay_sinh"})
    assert codes(ruled(form, free)) == ["rule_incomplete"]
    assert codes(ruled(form, bare)) == ["rule_incomplete"]


@pytest.mark.parametrize("least", ["15", -1, True, [15], None])
def test_a_constant_of_the_wrong_sort_is_told(form: FormTemplate, least: object) -> None:
    rule = RuleSpec(rule="a", check="age", fields={"birth": "ngay_sinh"}, params={"least": least})
    assert codes(ruled(form, rule)) == ["rule_constant"]


def test_a_constant_must_be_an_option_of_a_field_that_the_rule_names(form: FormTemplate) -> None:
    fields = {"number": "so_dinh_danh", "sex": "gioi_tinh"}
    rule = RuleSpec(rule="a", check="identity_matches_sex", fields=fields, params={"male": "nam", "female": "thpt"})
    assert codes(ruled(form, rule)) == ["rule_constant"]


def test_unknown_lists_and_empty_labels_are_told(form: FormTemplate) -> None:
    first = form.fields[0].model_copy(update={"lexicon": "cats", "label": " "})
    assert set(codes(form.model_copy(update={"fields": (first, *form.fields[1:]), "rules": ()}))) == {
        "unknown_list",
        "no_label",
    }


def test_the_picture_of_a_blank_is_the_kept_rendering_or_made(form: FormTemplate, tmp_path: Path) -> None:
    kept = (forms_folder() / FORM / RENDERED).read_bytes()
    assert blank_picture(form) == kept
    shutil.copytree(form.folder, tmp_path / FORM)
    (tmp_path / FORM / RENDERED).unlink()
    assert blank_picture(load_form(FORM, tmp_path)).startswith(b"\x89PNG")


def test_a_record_is_judged_by_the_rules_of_its_own_version(form: FormTemplate, tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    publish(ruled(form), form, settings.own_forms)
    rules = _Forms(*settings.form_places)
    assert rules.unique(FORM, "2022.1") and not rules.unique(FORM, "2022.2")
    values = {spec.id: None for spec in form.fields}
    assert rules.check(FORM, "2022.1", values, lambda *_: 0) and not rules.check(FORM, "2022.2", values, lambda *_: 0)

"""Make the second form as a person makes it, in the form designer, and keep what comes of it.

    python -m samples.second.design form_templates [--pictures DIR]

The blank is printed, uploaded to a desk over a fresh data folder, its fields named, the form saved as version 1. What
it would take a person, by the keystroke-level model, is printed. The folder that the desk made is the form as it ships.
"""

from __future__ import annotations

import argparse
import shutil
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import sync_playwright

from samples.designing import READING_MS, Designer, Named, Ruled, desk_of, launch
from samples.second.blank import print_blank
from scanner.forms.versions import VERSIONS
from scanner.settings import Settings

FORM = "cung-lao-dong"
SHEET = Path(__file__).parent / "two-pages.pdf"
TITLE = "Thông tin về cung lao động (phiếu hai trang)"
NAME, NUMBER, BIRTH = "Họ, chữ đệm và tên khai sinh", "Số định danh cá nhân/CCCD", "Ngày, tháng, năm sinh"
STATUS, WORKS, JOBLESS = "Tình trạng tham gia hoạt động kinh tế", "Người có việc làm", "Người thất nghiệp"
IDLE = "Không tham gia hoạt động kinh tế"
FIELDS = (
    Named("Tỉnh/thành phố", lexicon="places"),
    Named("Quận/huyện/thị xã", lexicon="places"),
    Named("Xã/phường/thị trấn", lexicon="places"),
    Named("Thôn/bản/tổ dân phố", lexicon="places"),
    Named(f"1. {NAME}", lexicon="names", required=True),
    Named(f"2. {BIRTH}", required=True),
    Named("3. Giới tính", ("Nam", "Nữ"), required=True),
    Named(f"4. {NUMBER}", required=True),
    Named("5. Số điện thoại liên hệ"),
    Named("6. Nơi đăng ký thường trú", lexicon="places"),
    Named("7. Nơi ở hiện tại", lexicon="places"),
    Named("7.1. Khu vực", ("Thành thị", "Nông thôn")),
    Named("8. Đối tượng ưu tiên", ("Người khuyết tật", "Hộ nghèo", "Hộ cận nghèo", "Dân tộc thiểu số"), kind="choices"),
    Named("8.1. Tên dân tộc", lexicon="ethnic"),
    Named("9. Trình độ giáo dục phổ thông", ("Chưa học xong Tiểu học", "Tiểu học", "THCS", "THPT")),
    Named(
        "10. Trình độ chuyên môn kỹ thuật",
        ("Chưa qua đào tạo", "CNKT không có bằng", "Chứng chỉ dưới 3 tháng", "Sơ cấp", "Trung cấp", "Cao đẳng",
         "Đại học", "Trên đại học"),
    ),
    Named("10.1. Chuyên ngành đào tạo", lexicon="majors"),
    Named("Năm tốt nghiệp"),
    Named(f"11. {STATUS}", (WORKS, JOBLESS, IDLE), required=True),
    Named("11.1. Lý do không tham gia", ("Đi học", "Hưu trí", "Nội trợ", "Khuyết tật", "Khác")),
    Named("12.1. Vị thế việc làm", ("Chủ cơ sở SXKD", "Tự làm", "Lao động gia đình", "Làm công ăn lương")),
    Named("12.2. Công việc cụ thể đang làm", lexicon="jobs"),
    Named("12.3. Nơi làm việc", lexicon="workplaces"),
    Named("Họ và tên (ghi lại)", lexicon="names", same_as=NAME),
    Named("Số định danh (ghi lại)", same_as=NUMBER),
    Named("12.4. Hợp đồng lao động", ("Không xác định thời hạn", "Xác định thời hạn", "Chưa ký hợp đồng")),
    Named("12.5. Ngày bắt đầu hợp đồng"),
    Named("12.6. Bảo hiểm xã hội", ("Bắt buộc", "Tự nguyện", "Không tham gia")),
    Named("12.7. Mã số bảo hiểm xã hội"),
    Named(
        "12.8. Loại hình nơi làm việc",
        ("Khu vực nhà nước", "Doanh nghiệp ngoài nhà nước", "Doanh nghiệp FDI", "Hợp tác xã", "Hộ kinh doanh, cá nhân",
         "Khác"),
    ),
    Named("12.9. Địa chỉ nơi làm việc", lexicon="places"),
    Named("13.1. Đã làm việc chưa", ("Chưa bao giờ làm việc", "Đã từng làm việc")),
    Named("13.2. Thời gian thất nghiệp", ("Dưới 3 tháng", "Từ 3 tháng đến 1 năm", "Trên 1 năm")),
    Named("13.3. Công việc trước đây", lexicon="jobs"),
    Named("14.1. Đang tìm việc làm", ("Có", "Không")),
    Named("14.2. Công việc mong muốn", lexicon="jobs"),
    Named("14.3. Nơi muốn làm việc", ("Trong tỉnh", "Tỉnh khác", "Nước ngoài"), kind="choices"),
    Named("15.1. Muốn học nghề", ("Có", "Không")),
    Named("15.2. Nghề muốn học", lexicon="majors"),
    Named("15.3. Trình độ muốn học", ("Dưới 3 tháng", "Sơ cấp", "Trung cấp", "Cao đẳng")),
    Named("Ngày lập phiếu"),
    Named("Người thu thập thông tin", lexicon="names"),
    Named("Chữ ký người thu thập", kind="signature"),
    Named("Chữ ký người cung cấp", kind="signature"),
)  # fmt: skip
"""In the order in which the designer finds them."""
AT_WORK = ("Vị thế việc làm", "Công việc cụ thể đang làm", "Nơi làm việc", "Hợp đồng lao động",
           "Ngày bắt đầu hợp đồng", "Bảo hiểm xã hội", "Loại hình nơi làm việc", "Địa chỉ nơi làm việc")  # fmt: skip
RULES = (
    Ruled("required", {}, {}),
    Ruled("kind_of_field", {}, {}),
    Ruled("length", {"number": NUMBER}, {"lengths": "9, 12"}),
    Ruled("length", {"number": "Số điện thoại liên hệ"}, {"lengths": "10"}),
    Ruled("length", {"number": "Mã số bảo hiểm xã hội"}, {"lengths": "10"}),
    Ruled("identity_matches_birth", {"number": NUMBER, "birth": BIRTH}, {}),
    Ruled("identity_matches_sex", {"number": NUMBER, "sex": "Giới tính"},
          {"male": "Giới tính: Nam", "female": "Giới tính: Nữ"}),
    Ruled("identity_place_known", {"number": NUMBER}, {}),
    Ruled("unique", {"number": NUMBER}, {}),
    Ruled("calendar_date", {"dates": (BIRTH, "Ngày bắt đầu hợp đồng", "Ngày lập phiếu")}, {}),
    Ruled("not_in_future", {"dates": (BIRTH, "Ngày lập phiếu")}, {}),
    Ruled("age", {"birth": BIRTH, "day": "Ngày lập phiếu"}, {"least": "15", "most": "120"}),
    Ruled("only_when", {"when": STATUS, "then": AT_WORK}, {"values": (f"{STATUS}: {WORKS}",)}),
    Ruled("needed_when", {"when": STATUS, "then": AT_WORK[:2]}, {"values": (f"{STATUS}: {WORKS}",)}),
    Ruled("only_when", {"when": STATUS, "then": ("Đã làm việc chưa", "Thời gian thất nghiệp")},
          {"values": (f"{STATUS}: {JOBLESS}",)}),
    Ruled("needed_when", {"when": STATUS, "then": ("Đã làm việc chưa",)}, {"values": (f"{STATUS}: {JOBLESS}",)}),
    Ruled("only_when", {"when": STATUS, "then": ("Lý do không tham gia",)}, {"values": (f"{STATUS}: {IDLE}",)}),
    Ruled("needed_when", {"when": STATUS, "then": ("Lý do không tham gia",)}, {"values": (f"{STATUS}: {IDLE}",)}),
    Ruled("includes_when_filled", {"choices": "Đối tượng ưu tiên", "text": "Tên dân tộc"},
          {"option": "Đối tượng ưu tiên: Dân tộc thiểu số"}),
)  # fmt: skip


def design(designer: Designer, blank: Path, pictures: Path | None = None) -> None:
    """From the blank to version 1; with a folder, pictures of the screen on the way."""

    def seen(name: str) -> None:
        if pictures is not None:
            designer.page.screenshot(path=pictures / f"{name}.png")

    designer.begin(TITLE, FORM, blank, before=lambda: seen("designer-new"))
    designer.name(FIELDS)
    _told(designer, "names")
    designer.detail(FIELDS)
    _told(designer, "kinds, lists, repeats")
    designer.choose("Thời gian thất nghiệp")
    seen("designer-field")
    designer.choose("Số định danh (ghi lại)")
    seen("designer-repeats")
    for ruled in RULES:
        designer.rule(ruled)
    seen("designer-rules")
    _told(designer, "rules")
    print(designer.save())


def show(designer: Designer, pictures: Path) -> None:
    """Pictures of the form's pages and of a filled sheet that is tried."""
    page = designer.page
    page.click("[data-tab=form]")
    page.screenshot(path=pictures / "designer-pages.png")
    page.click("[data-mode=try]")
    page.set_input_files("#attempt input[type=file]", SHEET)
    page.click("#attempt button")
    page.wait_for_selector(".tried", timeout=READING_MS)
    page.locator(".reading").nth(5).click()
    page.screenshot(path=pictures / "designer-try.png")


def _told(designer: Designer, what: str) -> None:
    print(
        f"{what}: so far {designer.keys} keys, {designer.clicks} clicks, {designer.thoughts} thoughts:"
        f" {designer.seconds / 60:.1f} minutes"
    )


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path, help="the folder of forms that gets the new one")
    parser.add_argument("--pictures", type=Path, help="keep pictures of the screen here")
    options = parser.parse_args()
    if options.pictures:
        options.pictures.mkdir(parents=True, exist_ok=True)
    begun = time.monotonic()
    with TemporaryDirectory() as folder, sync_playwright() as playwright:
        empty = Path(folder) / "forms"  # a desk without any form yet: ours may be there already
        empty.mkdir()
        settings = Settings(data=Path(folder) / "data", forms=empty)
        browser = launch(playwright)
        print_blank(browser, Path(folder) / "blank.pdf")
        with desk_of(settings) as address:
            context = browser.new_context(base_url=address, viewport={"width": 1366, "height": 768})
            designer = Designer(context.new_page())
            designer.log_in(address)
            design(designer, Path(folder) / "blank.pdf", options.pictures)
            if options.pictures:
                show(designer, options.pictures)
            browser.close()
        shutil.copytree(settings.own_forms / FORM, options.out / FORM, ignore=shutil.ignore_patterns(VERSIONS))
    print(f"{options.out / FORM}, in {time.monotonic() - begun:.0f} s by the program")


if __name__ == "__main__":
    main()

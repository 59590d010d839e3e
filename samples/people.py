"""Invented people with answers that agree with each other. Nobody here exists; numbers are random."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from scanner.model import FormTemplate

SURNAMES = """
    Nguyễn Trần Lê Phạm Hoàng Vũ Phan Bùi Đặng Đỗ Ngô Dương Lý Ma Hà Nông Quan Chẩu Bàn Triệu Lục Hứa La Lương
    Tống Đinh Mai Cao Đào Vi Sằm Giàng Sùng Lò Vàng
""".split()
MIDDLE = """
    Thị Văn Đức Ngọc Thanh Minh Hữu Quang Thúy Kim Bảo Xuân Thu Hồng Công Đình Mạnh Thế Mỹ Hải Diệu Tiến
""".split()
GIVEN = """
    An Bình Chi Dũng Giang Hà Hạnh Hiền Hoa Hòa Hùng Hương Khánh Lan Linh Long Mai Nam Nga Ngân Nghĩa Nhung Oanh
    Phong Phúc Phượng Quân Quỳnh Sơn Tâm Thảo Thắng Thủy Tiến Trang Trung Tuấn Tú Tùng Uyên Vân Việt Xuyến Yến Đạt
    Kiều Loan Duyên
""".split()
DISTRICTS = {
    "Hàm Yên": ["Bình Xa", "Thái Sơn", "Đức Ninh", "Phù Lưu", "Yên Thuận", "Minh Hương"],
    "Chiêm Hóa": ["Phúc Thịnh", "Kim Bình", "Tân An", "Hà Lang", "Xuân Quang", "Yên Nguyên"],
    "Yên Sơn": ["Trung Môn", "Mỹ Bằng", "Lang Quán", "Thắng Quân", "Kiến Thiết", "Đạo Viện"],
    "Sơn Dương": ["Tân Trào", "Hồng Lạc", "Sơn Nam", "Ninh Lai", "Thượng Ấm", "Đông Thọ"],
    "Na Hang": ["Năng Khả", "Đà Vị", "Hồng Thái", "Sơn Phú", "Thượng Giáp"],
    "Lâm Bình": ["Thượng Lâm", "Khuôn Hà", "Lăng Can", "Bình An", "Hồng Quang"],
    "TP Tuyên Quang": ["Ỷ La", "Minh Xuân", "An Tường", "Nông Tiến", "Tân Hà", "Hưng Thành"],
}
HAMLETS = [
    "Thôn Lập Bình", "Thôn Đồng Tâm", "Thôn Khuổi Phầy", "Thôn Tân Lập", "Thôn Bản Pước", "Thôn Nà Lại",
    "Xóm Đồng Tâm", "Xóm Cây Đa", "Tổ 12", "Tổ 5", "Thôn Phú Thịnh", "Thôn Cầu Cao", "Bản Chợ",
    "Tổ dân phố Sông Lô", "Tổ dân phố 7", "Thôn Đèo Trám", "Thôn Làng Chạp", "Khu 3",
]  # fmt: skip
JOBS = [
    "Làm ruộng", "Trồng chè", "Trồng lúa, chăn nuôi", "Thợ xây", "Bán hàng ở chợ", "Công nhân may",
    "Giáo viên mầm non", "Lái xe tải", "Công chức văn phòng", "Y tá", "Thợ mộc", "Thợ hàn", "Kế toán",
    "Nuôi cá lồng", "Trồng cam", "Bảo vệ", "Sửa xe máy", "Đầu bếp", "Thu ngân",
]  # fmt: skip
MAJORS = [
    "Kế toán", "Nông, lâm nghiệp và thủy sản", "Công nghệ thông tin", "Sư phạm mầm non", "Điều dưỡng",
    "Điện công nghiệp", "Luật", "Chăn nuôi thú y", "Quản trị kinh doanh", "Cơ khí", "Xây dựng dân dụng",
    "May công nghiệp",
]  # fmt: skip
WORKPLACES = [
    "Hộ gia đình", "Tại nhà", "UBND xã Bình Xa", "Trường Tiểu học Tân Trào", "Trường mầm non Hoa Sen",
    "Công ty TNHH May Tuyên Quang", "Trạm y tế xã", "Hợp tác xã chè Vĩnh Tân", "Bệnh viện đa khoa huyện",
    "Chợ trung tâm", "Công ty CP Giấy An Hòa", "Xưởng mộc Tiến Đạt",
]  # fmt: skip
PEOPLES = [
    "Tày", "Nùng", "Dao", "Mông", "Hoa", "Sán Dìu", "Cao Lan", "Pà Thẻn", "Thái", "Mường",
]  # fmt: skip
TRAINED = ["so_cap", "trung_cap", "cao_dang", "dai_hoc", "tren_dai_hoc"]


@dataclass(frozen=True, slots=True)
class Person:
    """A person's answers by field id, as the truth file holds them."""

    answers: dict[str, Any]


class People:
    """Draws people, no two with one number."""

    def __init__(self, form: FormTemplate, rng: np.random.Generator) -> None:
        self._options = {f.id: [o.id for o in f.options] for f in form.fields if f.options}
        self._empty: dict[str, Any] = {f.id: [] if f.kind.value == "choices" else None for f in form.fields}
        self._rng = rng
        self._numbers: set[str] = set()

    def _one(self, things: list[str] | tuple[str, ...]) -> str:
        return str(things[int(self._rng.integers(len(things)))])

    def _maybe(self, share: float) -> bool:
        return bool(self._rng.random() < share)

    def draw(self) -> Person:
        """The next person."""
        rng = self._rng
        a = dict(self._empty)
        male = self._maybe(0.5)
        year, month, day = int(rng.integers(1944, 2009)), int(rng.integers(1, 13)), int(rng.integers(1, 29))
        district = self._one(list(DISTRICTS))
        commune, hamlet = self._one(DISTRICTS[district]), self._one(HAMLETS)
        kind = "phường" if district.startswith("TP") else "xã"
        middle = " ".join(dict.fromkeys(self._one(MIDDLE) for _ in range(int(rng.integers(1, 3)))))
        name = f"{self._one(SURNAMES)} {middle} {self._one(GIVEN)}"
        a |= {
            "tinh": "Tuyên Quang", "huyen": district, "xa": commune, "thon": hamlet,
            "ho_ten": name.upper() if self._maybe(0.2) else name,
            "ngay_sinh": f"{day:02}/{month:02}/{year}" if self._maybe(0.96) else str(year),
            "gioi_tinh": "nam" if male else "nu",
            "so_dinh_danh": self._number(male, year),
            "ma_bhxh": "".join(str(d) for d in rng.integers(0, 10, 10)) if self._maybe(0.55) else None,
            "noi_thuong_tru": f"{hamlet}, {kind} {commune}, {district}, Tuyên Quang",
            "ngay_lap": f"{int(rng.integers(1, 32)):02}/10/2024", "chu_ky": self._maybe(0.93),
            "trinh_do_gdpt": self._one(self._options["trinh_do_gdpt"]),
        }  # fmt: skip
        if self._maybe(0.3):
            other = self._one(list(DISTRICTS))
            a["noi_o_hien_tai"] = f"{self._one(HAMLETS)}, {self._one(DISTRICTS[other])}"
        self._priority(a)
        trained = self._maybe(0.45)
        a["trinh_do_cmkt"] = self._one(TRAINED) if trained else self._one(["chua_qua_dao_tao", "cnkt_khong_bang"])
        a["chuyen_nganh"] = self._one(MAJORS) if trained else None
        self._status(a, year)
        return Person(a)

    def _number(self, male: bool, year: int) -> str:
        while True:
            place = self._one(["008", "008", "008", "002", "001", "034", "025", "019", "038"])
            tail = "".join(str(d) for d in self._rng.integers(0, 10, 6))
            number = f"{place}{2 * (year >= 2000) + (not male)}{year % 100:02}{tail}"
            if number not in self._numbers:
                self._numbers.add(number)
                return number

    def _priority(self, a: dict[str, Any]) -> None:
        chosen = [o for o in self._options["doi_tuong_uu_tien"][:-1] if self._maybe(0.06)]
        if self._maybe(0.4):
            chosen.append(self._options["doi_tuong_uu_tien"][-1])
            a["ten_dan_toc"] = self._one(PEOPLES)
        a["doi_tuong_uu_tien"] = chosen

    def _status(self, a: dict[str, Any], year: int) -> None:
        kind = self._rng.random()
        if kind < 0.72:
            a["tinh_trang"] = "co_viec_lam"
            contract = self._one(["khong", "khong", "khong_xac_dinh", "xac_dinh"])
            day, month, start = (int(self._rng.integers(*span)) for span in ((1, 29), (1, 13), (2008, 2024)))
            since = f"{day:02}/{month:02}/{start}"
            a |= {
                "vi_the": self._one(self._options["vi_the"]), "cong_viec": self._one(JOBS),
                "bhxh": self._one(self._options["bhxh"]), "hop_dong": contract,
                "ngay_hop_dong": since if contract != "khong" and self._maybe(0.8) else None,
                "noi_lam_viec": self._one(WORKPLACES), "loai_hinh": self._one(self._options["loai_hinh"]),
            }  # fmt: skip
            if self._maybe(0.8):
                a["dia_chi_lam_viec"] = f"{self._one(DISTRICTS[self._one(list(DISTRICTS))])}, Tuyên Quang"
        elif kind < 0.8:
            a |= {"tinh_trang": "that_nghiep", "that_nghiep": self._one(self._options["that_nghiep"])}
            if a["that_nghiep"] == "da_tung":
                a["thoi_gian_that_nghiep"] = self._one(self._options["thoi_gian_that_nghiep"])
        else:
            reason = "huu_tri" if year < 1965 else self._one(self._options["ly_do_khong_tham_gia"])
            a |= {"tinh_trang": "khong_tham_gia", "ly_do_khong_tham_gia": reason}

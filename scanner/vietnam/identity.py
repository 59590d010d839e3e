"""Numbers of identity: what a số định danh (CCCD) says of its bearer, and the older CMND that says nothing.

Source: Nghị định 137/2015/NĐ-CP, Điều 13, and Thông tư 59/2021/TT-BCA: three digits for the place of birth
registration (the province's code of that time, or a country's), one for century and sex, two for the year, six at
random. There is no check digit.
"""

from __future__ import annotations

from dataclasses import dataclass, field

PROVINCES = {
    "001": "Hà Nội", "002": "Hà Giang", "004": "Cao Bằng", "006": "Bắc Kạn", "008": "Tuyên Quang", "010": "Lào Cai",
    "011": "Điện Biên", "012": "Lai Châu", "014": "Sơn La", "015": "Yên Bái", "017": "Hòa Bình", "019": "Thái Nguyên",
    "020": "Lạng Sơn", "022": "Quảng Ninh", "024": "Bắc Giang", "025": "Phú Thọ", "026": "Vĩnh Phúc", "027": "Bắc Ninh",
    "030": "Hải Dương", "031": "Hải Phòng", "033": "Hưng Yên", "034": "Thái Bình", "035": "Hà Nam", "036": "Nam Định",
    "037": "Ninh Bình", "038": "Thanh Hóa", "040": "Nghệ An", "042": "Hà Tĩnh", "044": "Quảng Bình", "045": "Quảng Trị",
    "046": "Thừa Thiên Huế", "048": "Đà Nẵng", "049": "Quảng Nam", "051": "Quảng Ngãi", "052": "Bình Định",
    "054": "Phú Yên", "056": "Khánh Hòa", "058": "Ninh Thuận", "060": "Bình Thuận", "062": "Kon Tum", "064": "Gia Lai",
    "066": "Đắk Lắk", "067": "Đắk Nông", "068": "Lâm Đồng", "070": "Bình Phước", "072": "Tây Ninh", "074": "Bình Dương",
    "075": "Đồng Nai", "077": "Bà Rịa - Vũng Tàu", "079": "Hồ Chí Minh", "080": "Long An", "082": "Tiền Giang",
    "083": "Bến Tre", "084": "Trà Vinh", "086": "Vĩnh Long", "087": "Đồng Tháp", "089": "An Giang", "091": "Kiên Giang",
    "092": "Cần Thơ", "093": "Hậu Giang", "094": "Sóc Trăng", "095": "Bạc Liêu", "096": "Cà Mau",
}  # fmt: skip
"""Codes of the 63 provinces, Thông tư 07/2016/TT-BCA. Codes from 100 up are countries, lawful and not listed here."""
LENGTHS = (9, 12)
"""Digits of a CMND and of a số định danh."""
PADDING = "000"
"""No place has this code: a CMND of nine digits was padded with zeros to fill twelve boxes."""


@dataclass(frozen=True, slots=True)
class IdentityNumber:
    """A number taken apart. What an old number does not say is None."""

    number: str = field(repr=False)

    @staticmethod
    def parse(text: str) -> IdentityNumber | None:
        """The number in a text of exactly nine or twelve digits; None for anything else."""
        return IdentityNumber(text) if len(text) in LENGTHS and text.isascii() and text.isdigit() else None

    @property
    def padded(self) -> bool:
        """Is it a CMND with three zeros before it?"""
        return len(self.number) == 12 and self.number.startswith(PADDING)

    @property
    def old(self) -> bool:
        """Is it a CMND, padded or not? Then it says nothing of its bearer."""
        return len(self.number) == 9 or self.padded

    @property
    def place(self) -> str | None:
        """Three digits of the place of birth registration."""
        return None if self.old else self.number[:3]

    @property
    def province(self) -> str | None:
        """Name of the province of birth registration; None for a country or an unknown code."""
        return PROVINCES.get(self.place or "")

    @property
    def known_place(self) -> bool:
        """Is its place a province of the list, or a country? True of an old number, which names none."""
        return self.place is None or self.place in PROVINCES or self.place >= "100"

    @property
    def male(self) -> bool | None:
        """The fourth digit is even for men, odd for women."""
        return None if self.old else int(self.number[3]) % 2 == 0

    @property
    def century(self) -> int | None:
        """First year of the century by the fourth digit: 0 and 1 are 1900, 2 and 3 are 2000, and so on."""
        return None if self.old else 1900 + 100 * (int(self.number[3]) // 2)

    @property
    def birth_year(self) -> int | None:
        """The century, and the year in it by the fifth and sixth digits."""
        return None if self.century is None else self.century + int(self.number[4:6])

    def __repr__(self) -> str:
        return f"IdentityNumber({'*' * len(self.number)})"

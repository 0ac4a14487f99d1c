"""What the nickname filter knows beside its library's English words. Offensive throughout."""

from __future__ import annotations

__all__ = ["ENGLISH", "HARMLESS", "STEMS", "VIETNAMESE"]

ENGLISH = (
    "cunts",
    "dickhead",
    "dickheads",
    "hitler",
    "kunt",
    "nazi",
    "nazis",
    "sluts",
    "wanker",
    "whore",
    "whores",
)
"""Missing in the library."""

HARMLESS = (
    "bareback", "barelylegal", "big black", "bondage", "bs", "busty", "butt", "domination", "escort", "girl on",
    "hardcore", "hot chick", "playboy", "santorum", "simp", "skeet", "snatch", "spunk", "swinger", "tainted love",
    "taste my", "twinkie", "xx",
)  # fmt: skip
"""In the library, but names, teams and turns of phrase that hurt nobody."""

STEMS = (
    "asshole", "bitch", "blowjob", "cocksuck", "dickhead", "faggot", "fuck", "hitler", "motherfuck", "nigga", "nigger",
)  # fmt: skip
"""Foul wherever they stand in a word: hardly any other word or name has them in it."""

VIETNAMESE = (
    "bú cu", "bú lồn", "buồi", "cặc", "cặk", "chịch", "chó đẻ", "clgt", "con cac", "con mẹ mày", "con đĩ", "cứt",
    "cai lon", "dái", "dau buoi", "dcm", "dit con me", "dit me", "djt", "djt me", "dkm", "dmm", "lìn", "lồn", "mặt lồn",
    "óc chó", "con phò", "vãi lồn", "vcl", "vkl", "xàm lồn", "địt", "đcm", "đéo", "đệch", "đệt", "đĩ", "điếm", "đĩ mẹ",
    "đit", "đjt", "đkm", "đm", "đmm", "đù má", "đụ", "đụ má", "đụ mẹ", "đụ mịa",
)  # fmt: skip
"""Words and phrases, with their accents where a word without them means something else. No library keeps a list."""

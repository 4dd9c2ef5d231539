"""Writes fixtures/goldens/tokenizers/t5_steps.json: ids by a T5 tokenizer.json with other steps.

Reference: tokenizers 0.23.3 of PyPI, which does what the file says, on the
vocabulary of `t5_small` (see tokenization.py). Unigram, `</s>` behind the text.

Usage: python tools/goldens/tokenizer_steps.py
"""

import json
from importlib.metadata import version
from pathlib import Path

from tokenizers import Tokenizer

OUT = Path(__file__).parents[2] / "fixtures" / "goldens" / "tokenizers"
SMALL = json.loads((OUT / "t5_small" / "tokenizer.json").read_text())
MAP = SMALL["normalizer"]
META = {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True}
CUT = SMALL["pre_tokenizer"]
STRIP = {"type": "Strip", "strip_left": False, "strip_right": True}
SPACES = {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": "▁"}


def steps(*normalizers):
    return {"type": "Sequence", "normalizers": list(normalizers)}


CASES = [
    ("as transformers 4 writes it", steps(MAP, STRIP, SPACES), META),
    ("without a character map", steps(STRIP, SPACES), META),
    ("a map alone, no cut", MAP, META),
    ("no normalizer, no cut", None, META),
    ("lower case", steps(MAP, {"type": "Lowercase"}), CUT),
    ("lower case first", steps({"type": "Lowercase"}, MAP), CUT),
    ("composed", {"type": "NFC"}, CUT),
    ("decomposed", {"type": "NFKD"}, CUT),
    ("replaced text", {"type": "Replace", "pattern": {"String": "an"}, "content": "$&x"}, CUT),
    ("white space as one space", {"type": "Replace", "pattern": {"Regex": "\\s+"}, "content": " "}, META),
    ("stripped", {"type": "Strip", "strip_left": True, "strip_right": True}, META),
]
TEXTS = [
    "", " ", "   ", "a", "raising arms", "  leading,  double   and trailing  ", "UPPER Case",
    "tabs\tand\nnew\r\nlines\u2028and\u00a0nbsp\u3000wide", "cafe\u0301 naïve ﬁne ①", "ΟΔΟΣ İ ß",
    "a▁b ▁▁ c▁", "x</s>  y <pad> z", "banana and an ant", "日本語 한국어 😀", "a\u0085b\ufeffc\u200bd ",
]


def main():
    out = []
    for name, normalizer, pre_tokenizer in CASES:
        whole = {**SMALL, "normalizer": normalizer, "pre_tokenizer": pre_tokenizer}
        tokenizer = Tokenizer.from_str(json.dumps(whole))
        ids = [[text, tokenizer.encode(text).ids] for text in TEXTS]
        own = json.loads(json.dumps(normalizer).replace(json.dumps(MAP), '"MAP"'))
        out.append({"name": name, "normalizer": own, "pre_tokenizer": pre_tokenizer, "ids": ids})
    golden = {"source": f"tokenizers {version('tokenizers')} of PyPI",
              "generator": "tools/goldens/tokenizer_steps.py", "cases": out}
    (OUT / "t5_steps.json").write_text(json.dumps(golden, ensure_ascii=False) + "\n")


main()

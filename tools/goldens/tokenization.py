"""Writes fixtures/goldens/tokenizers: token ids of odd texts, and two small tokenisers.

Reference: huggingface/transformers 5.23.0, `CLIPTokenizer` and
`T5TokenizerFast`, on copies of the tokenisers of models/micro as they are now
(`clip_micro`, vocab.json and merges.txt as in FLUX.1-dev, and `t5_micro`), and
on two that this script trains: `clip_small` (tokenizer.json, padded with "!" as
in Stable Diffusion 2) and `t5_small` (SentencePiece unigram with a character
map, no length limit).

Usage: python tools/goldens/tokenization.py
"""

import json
import shutil
import tempfile
import unicodedata
from pathlib import Path

import sentencepiece
import transformers
from tokenizers import Tokenizer, models, pre_tokenizers, trainers
from transformers import CLIPTokenizer, T5TokenizerFast

ROOT = Path(__file__).parents[2]
OUT = ROOT / "fixtures" / "goldens" / "tokenizers"
SOURCE = f"huggingface/transformers {transformers.__version__}"

TEXTS = [
    "",
    " ",
    "a",
    "raising arms",
    "This is a four-panel image grid: [TOP-LEFT]: The original source image. "
    "[TOP-RIGHT]: An edited version of the [TOP-LEFT] image, transformed to depict a running motion.",
    "  leading,  double   and trailing spaces  ",
    "tabs\tand\nnew\r\nlines\u2028and\u00a0nbsp\u3000wide",
    "UPPER Case MiXeD",
    "don't we'll I'm they've he'd she's you're o'clock 'quoted'",
    "1 22 333 4444 3.14 1,000,000 ½ ² Ⅷ ١٢٣",
    "!!! ??? ... -- /// @#$%^&*()_+{}|:<>~`",
    "café naïve Ångström ÉCOLE",
    "cafe\u0301 nai\u0308ve A\u030angstro\u0308m",
    "x\u0301\u0302\u0303y \u0301alone",
    "日本語のテスト 漢字 한국어 中文",
    "ﬁne ｆｕｌｌｗｉｄｔｈ ～ ㌔ ①",
    "😀 👩‍👩‍👧 🇫🇷 👍🏽 ❤️",
    "ΟΔΟΣ ΣΑΣ σς Σ",
    "İstanbul ǅ ß ẞ",
    "привет мир שלום مرحبا नमस्ते ไทย",
    "zero\u200bwidth\u200djoin\ufeffbom\u00adsoft",
    "ctrl\u0000a\u0001b\u007fc\u0085d",
    "<|endoftext|>",
    "a<|startoftext|>b <|endoftext|> c",
    "<|STARTOFTEXT|> <|EndOfText|>",
    "</s> a</s>b <pad> <unk> <extra_id_0> x <extra_id_1>",
    "under_score▁low a▁b ▁▁",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "supercalifragilisticexpialidocious antidisestablishmentarianism",
    "the quick brown fox jumps over the lazy dog " * 40,
    "q" * 3000,
    "中" * 600,
    "a \ufeff\ufb03 b\ufeff",
    "http://example.com/a?b=c&d=e#f user@mail.org",
]

CORPUS = (
    "This is a four-panel image grid. The original source image and an edited version of the image, "
    "transformed to depict a running motion. The second source image applies the same transformation. "
    "raising arms, smiling, wearing glasses, closing eyes, jumping, don't we'll I'm they've you're he's. "
    "The quick brown fox jumps over the lazy dog. café naïve Ångström 日本語 中文 привет мир 1234567890 "
    "aaaa aaaaaaa fine full width example mail user street clothing colour texture"
)


def clip_small(folder):
    """BPE in the layout of OpenAI's: bytes, bytes that end a word, merges, two special tokens."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    trained = Tokenizer(models.BPE(end_of_word_suffix="</w>"))
    trained.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.ByteLevel(add_prefix_space=False)])
    trained.train_from_iterator([CORPUS.lower()] * 4, trainers.BpeTrainer(
        vocab_size=900, initial_alphabet=alphabet, end_of_word_suffix="</w>", show_progress=False))
    merges = [tuple(m) for m in json.loads(trained.to_str())["model"]["merges"]]
    tokens = alphabet + [c + "</w>" for c in alphabet] + [a + b for a, b in merges]
    tokens = list(dict.fromkeys(tokens)) + ["<|startoftext|>", "<|endoftext|>"]
    tokenizer = CLIPTokenizer(vocab={t: i for i, t in enumerate(tokens)}, merges=merges, pad_token="!", model_max_length=24)
    tokenizer.save_pretrained(folder)


def t5_small(folder):
    """Unigram with a character map of its own: NFKC on a few blocks, as SentencePiece's nmt_nfkc has it for all."""
    ranges = [(0xA0, 0x180), (0x2100, 0x2190), (0x2460, 0x2474), (0x3300, 0x3358), (0xFB00, 0xFB07), (0xFF01, 0xFF5E)]
    rules = {}
    for low, high in ranges:
        for c in map(chr, range(low, high)):
            nfkc, nfd = unicodedata.normalize("NFKC", c), unicodedata.normalize("NFD", c)
            rules[c] = nfkc
            if len(nfd) > 1 and unicodedata.normalize("NFC", nfd) == c:
                rules[nfd] = nfkc
    for c in "\t\n\r\u00a0\u1680\u2000\u200b\u2028\u2029\u202f\u3000\ufeff\u2581":
        rules[c] = " "
    for c in [*map(chr, range(1, 9)), "\u000b", "\u007f", "\u008f"]:
        rules[c] = ""
    hexes = lambda s: " ".join(f"{ord(c):X}" for c in s)
    with tempfile.TemporaryDirectory() as temporary:
        temporary = Path(temporary)
        (temporary / "corpus.txt").write_text("\n".join(CORPUS.split(". ")) + "\n")
        (temporary / "rules.tsv").write_text("".join(f"{hexes(k)}\t{hexes(v)}\n" for k, v in rules.items() if k != v))
        sentencepiece.SentencePieceTrainer.train(
            input=str(temporary / "corpus.txt"), model_prefix=str(temporary / "spiece"), vocab_size=180, hard_vocab_limit=False,
            model_type="unigram", pad_id=0, eos_id=1, unk_id=2, bos_id=-1, character_coverage=1.0,
            normalization_rule_tsv=str(temporary / "rules.tsv"), minloglevel=2)
        tokenizer = T5TokenizerFast.from_pretrained(temporary, extra_ids=3)
    tokenizer.save_pretrained(folder)


def encode(tokenizer, limit):
    cases = []
    for text in TEXTS:
        ids = tokenizer(text, padding="max_length", max_length=limit, truncation=True).input_ids
        count = len(tokenizer(text).input_ids)
        cases.append({"text": text, "ids": ids, "count": count, "truncated": count > limit})
    return cases


def write(name, folder, cls, limit):
    tokenizer = cls.from_pretrained(folder)
    document = {"source": f"{SOURCE} {cls.__name__}", "generator": "tools/goldens/tokenization.py",
                "folder": str(folder.relative_to(ROOT)), "maxLength": limit, "cases": encode(tokenizer, limit)}
    (OUT / f"{name}.json").write_text(json.dumps(document, ensure_ascii=True, separators=(",", ":")) + "\n")
    print(name, tokenizer.pad_token_id, tokenizer.eos_token_id, tokenizer.model_max_length, (OUT / f"{name}.json").stat().st_size)


def main():
    for name, make in [("clip_small", clip_small), ("t5_small", t5_small)]:
        shutil.rmtree(OUT / name, ignore_errors=True)
        make(OUT / name)
    for name, folder in [("clip_micro", "tokenizer"), ("t5_micro", "tokenizer_2")]:
        shutil.rmtree(OUT / name, ignore_errors=True)
        shutil.copytree(ROOT / "models" / "micro" / folder, OUT / name)
    write("clip_micro_ids", OUT / "clip_micro", CLIPTokenizer, 77)
    write("t5_micro_ids", OUT / "t5_micro", T5TokenizerFast, 32)
    write("clip_small_ids", OUT / "clip_small", CLIPTokenizer, 24)
    write("t5_small_ids", OUT / "t5_small", T5TokenizerFast, 512)


main()

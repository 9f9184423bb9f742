"""Makes small tokenizers of every kind that Retort reads, and records their ids of mixed Unicode text.

    python3 -m venv venv && venv/bin/pip install tokenizers==0.23.3 sentencepiece==0.2.3 protobuf
    venv/bin/python subwords.py [LINES FOLDER]

writes subwords/NAME.json, each a tokenizer.json, and subwords/cases.json beside this file, or as many LINES to FOLDER.
"""
import base64
import json
import pathlib
import random
import sys
import tempfile

import sentencepiece
import tokenizers
from tokenizers import AddedToken, Regex, Tokenizer, models, normalizers, pre_tokenizers, processors, trainers

HERE = pathlib.Path(__file__).parent
WORDS = """the a of and to in is was for on that with as by at from it an be are this or not have one had its can will
 unhappiness running quickly internationalisation tokenizer's don't we'll I'm they've he'd isn't café naïve Zürich
 Straße İstanbul ΟΔΟΣ Ελλάδα Москва быстро Привет українська עברית שָׁלוֹם العربية مرحبا हिन्दी नमस्ते বাংলা தமிழ் ไทย ภาษาไทย 中文
 漢字 日本語 ひらがな カタカナ ｶﾀｶﾅ 한국어 안녕하세요 ﬁnance ﬀ Ⅷ ½ ² ① ㍿ ㌔ ｆｕｌｌ ＡＢＣ １２３ 123 4567 3.14 1,000 0x1F café über
 Ångström Å Ω ǆ ẞ 😀 👩‍💻 👨‍👩‍👧 🇩🇪 👍🏽 ☃️ ✓ → ≤ ∑ € £ ¥ © ® ™ § … — – “quoted” ‘it’ «oui» „so“ `` '' #tag @user a_b
 http://a.b/c?d=e user@host.org C:\\\\dir [CLS] [SEP] <s> </s> <mask> <unk> <pad> <0x0A> ▁ ▁the ĠĊ Ġthe ## ##ing [MASK] <|endoftext|>""".split()
SPACES = [" "] * 24 + ["  ", "   ", "\t", "\n", "\r\n", "\n\n", "\u00a0", "\u3000", "\u2003", "\u200b", "\u2028", "\u0085", "\u1680", "\ufeff"]
SIGNS = list(".,;:!?()[]{}'\"-_/\\|@#$%^&*+=<>~`") + ["", "", "", "", "...", "?!", "'s", "'t", "'re", "'S", "、", "。", "！", "？", "「", "」"]
BLOCKS = [(0x20, 0x7E), (0xA0, 0x24F), (0x250, 0x36F), (0x370, 0x3FF), (0x400, 0x52F), (0x531, 0x58A), (0x5B0, 0x5F4), (0x600, 0x6FF),
          (0x900, 0x97F), (0xE01, 0xE5B), (0x10A0, 0x10FF), (0x1100, 0x11FF), (0x1E00, 0x1FFE), (0x2000, 0x206F), (0x2070, 0x218B),
          (0x2190, 0x23FA), (0x2460, 0x27BF), (0x3041, 0x30FF), (0x3131, 0x33FF), (0x4E00, 0x9FA5), (0xAC00, 0xD7A3), (0xF900, 0xFAD9),
          (0xFB00, 0xFDFB), (0xFE20, 0xFFFD), (0x1D400, 0x1D7FF), (0x1F1E6, 0x1F6C0), (0x20000, 0x2A6D6), (0x1, 0x1F), (0xE000, 0xE010)]


def line(r):
    parts = []
    for _ in range(r.randint(1, 14)):
        kind = r.random()
        if kind < 0.75:
            word = r.choice(WORDS)
        elif kind < 0.9:
            low, high = r.choice(BLOCKS)
            word = "".join(chr(r.randint(low, high)) for _ in range(r.randint(1, 6)))
        else:
            word = "".join(chr(r.choice([r.randint(97, 122), 0x301, 0x308, 0x323, 0x200D, 0xFE0F])) for _ in range(r.randint(1, 9)))
        if r.random() < 0.1:
            word = word.upper() if r.random() < 0.5 else word.capitalize()
        parts.append(word + (r.choice(SIGNS) if r.random() < 0.3 else ""))
        parts.append(r.choice(SPACES) if r.random() < 0.92 else "")
    return "".join(parts) if r.random() < 0.5 else "".join(parts).strip()


def lines(count, seed=15):
    r = random.Random(seed)
    fixed = ["", " ", "  ", "\n", "a", "aaaa" * 20, "the " * 40, "x" * 150, "\u0301", "e\u0301", "\r\n", "\r", "中" * 40, "▁", "<s>", " <mask> ", "a<mask> b"]
    return fixed + [line(r) for _ in range(count - len(fixed))]


def charsmap(rules=None):
    """SentencePiece's table of its usual rule, or of rules of one's own."""
    with tempfile.TemporaryDirectory() as home:
        path = pathlib.Path(home)
        (path / "text").write_text("\n".join(WORDS), encoding="utf-8")
        own = {}
        if rules:
            rows = ["\t".join(" ".join(f"{ord(c):X}" for c in side) for side in rule) for rule in rules]
            (path / "rules").write_text("\n".join(rows) + "\n")
            own = {"normalization_rule_tsv": str(path / "rules")}
        sentencepiece.SentencePieceTrainer.train(
            input=str(path / "text"), model_prefix=str(path / "m"), vocab_size=400, hard_vocab_limit=False, minloglevel=2, **own)
        from sentencepiece import sentencepiece_model_pb2
        proto = sentencepiece_model_pb2.ModelProto()
        proto.ParseFromString((path / "m.model").read_bytes())
        return proto.normalizer_spec.precompiled_charsmap


RULES = [("ﬁ", "fi"), ("Ａ", "A"), ("½", "1/2"), ("\u00a0", " "), ("\u3000", " "), ("\r", " "), ("\n", " "), ("\t", " "), ("e\u0301", "é"), ("\u200b", ""),
         ("İ", "i\u0307"), ("ｶ", "カ"), ("ﾞ", "゛"), ("ｶﾞ", "ガ"), ("①", "1"), ("㍿", "株式会社"), ("“", '"'), ("”", '"')]


def bpe(training, size, **options):
    special = options.pop("special", [])
    alphabet = options.pop("alphabet", [])
    setup = options.pop("setup")
    tokenizer = Tokenizer(models.BPE(**options))
    setup(tokenizer)
    suffix = {key: options[key] for key in ["continuing_subword_prefix", "end_of_word_suffix"] if key in options}
    tokenizer.train_from_iterator(training, trainers.BpeTrainer(
        vocab_size=size, special_tokens=special, initial_alphabet=alphabet, show_progress=False, limit_alphabet=250, **suffix))
    return tokenizer


def unigram(training, size, setup, special, **options):
    tokenizer = Tokenizer(models.Unigram())
    setup(tokenizer)
    tokenizer.train_from_iterator(training, trainers.UnigramTrainer(
        vocab_size=size, special_tokens=special, unk_token="<unk>", show_progress=False))
    state = json.loads(tokenizer.to_str())
    state["model"].update(options)
    return Tokenizer.from_str(json.dumps(state))


def make(training, table):
    bytes_ = pre_tokenizers.ByteLevel.alphabet()
    roberta_special = ["<s>", "<pad>", "</s>", "<unk>"]

    def gpt2(t):
        t.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    yield "gpt2", bpe(training, 700, setup=gpt2, alphabet=bytes_, special=["<|endoftext|>"])

    def roberta(t):
        t.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    tokenizer = bpe(training, 700, setup=roberta, alphabet=bytes_, special=roberta_special)
    tokenizer.add_special_tokens([AddedToken("<mask>", lstrip=True, special=True)])
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0))
    yield "roberta", tokenizer

    def split(t):
        t.normalizer = normalizers.NFC()
        t.pre_tokenizer = pre_tokenizers.Sequence([
            pre_tokenizers.Split(Regex(
                r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"),
                "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    yield "split", bpe(training, 700, setup=split, alphabet=bytes_, special=["<|endoftext|>"], ignore_merges=True)

    def clip(t):
        t.normalizer = normalizers.Sequence([normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()])
        t.pre_tokenizer = pre_tokenizers.Sequence([
            pre_tokenizers.Split(Regex(r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"), "removed", invert=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False)])
    yield "clip", bpe(training, 900, setup=clip, alphabet=bytes_, special=["<unk>"], unk_token="<unk>", end_of_word_suffix="</w>")

    def llama(t):
        t.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    special = ["<unk>", "<s>", "</s>"] + [f"<0x{b:02X}>" for b in range(256)]
    tokenizer = bpe(training, 900, setup=llama, special=special, unk_token="<unk>", fuse_unk=True, byte_fallback=True)
    state = json.loads(tokenizer.to_str())
    state["added_tokens"] = state["added_tokens"][:3]
    tokenizer = Tokenizer.from_str(json.dumps(state))
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 1)])
    yield "llama", tokenizer

    def plain(t):
        t.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.StripAccents()])
        t.pre_tokenizer = pre_tokenizers.Sequence([
            pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Punctuation("merged_with_previous"), pre_tokenizers.Digits(individual_digits=True)])
    tokenizer = bpe(training, 600, setup=plain, special=["[UNK]", "[PAD]"], unk_token="[UNK]", continuing_subword_prefix="##")
    tokenizer.add_tokens([AddedToken("café", single_word=True), AddedToken("ＡＢＣ", rstrip=True), AddedToken("Привет", normalized=False)])
    yield "plain", tokenizer

    template = dict(single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", 0), ("</s>", 2)])

    def xlmr(t):
        t.normalizer = normalizers.Sequence([normalizers.Precompiled(table), normalizers.Replace(Regex(" {2,}"), " ")])
        t.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer = unigram(training, 900, xlmr, roberta_special)
    tokenizer.add_special_tokens([AddedToken("<mask>", lstrip=True, special=True)])
    tokenizer.post_processor = processors.TemplateProcessing(**template)
    yield "xlm-roberta", tokenizer

    def albert(t):
        t.normalizer = normalizers.Sequence([
            normalizers.Replace("``", '"'), normalizers.Replace("''", '"'), normalizers.NFKD(), normalizers.StripAccents(),
            normalizers.Lowercase(), normalizers.Precompiled(table), normalizers.Replace(Regex(" {2,}"), " ")])
        t.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()])
    tokenizer = unigram(training, 700, albert, ["<pad>", "<unk>", "[CLS]", "[SEP]", "[MASK]"])
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    yield "albert", tokenizer

    def t5(t):
        t.normalizer = normalizers.Sequence([
            normalizers.Precompiled(table), normalizers.Strip(left=False, right=True), normalizers.Replace(Regex(" {2,}"), "▁")])
        t.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first")
    special = ["<pad>", "</s>", "<unk>"] + [f"<0x{b:02X}>" for b in range(256)]
    tokenizer = unigram(training, 900, t5, special, byte_fallback=True)
    state = json.loads(tokenizer.to_str())
    state["added_tokens"] = state["added_tokens"][:3]
    tokenizer = Tokenizer.from_str(json.dumps(state))
    tokenizer.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 1)])
    yield "t5", tokenizer

    def whole(t):
        t.normalizer = normalizers.Sequence([normalizers.Nmt(), normalizers.NFKD(), normalizers.Strip()])
        t.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Digits(), pre_tokenizers.Metaspace(prepend_scheme="never", split=False)])
    yield "whole", unigram(training, 600, whole, ["<unk>", "<pad>"])

    def word_piece(t):
        t.normalizer = normalizers.Sequence([normalizers.NFD(), normalizers.Lowercase(), normalizers.StripAccents()])
        t.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Whitespace(), pre_tokenizers.Punctuation("contiguous")])
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]", max_input_chars_per_word=20))
    word_piece(tokenizer)
    tokenizer.train_from_iterator(training, trainers.WordPieceTrainer(
        vocab_size=600, special_tokens=["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"], show_progress=False, limit_alphabet=200))
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    yield "wordpiece", tokenizer


def main():
    count, folder = (int(sys.argv[1]), pathlib.Path(sys.argv[2])) if len(sys.argv) > 2 else (240, HERE / "subwords")
    folder.mkdir(parents=True, exist_ok=True)
    r = random.Random(7)
    made = [
        r.choice(["", "un", "re", "in", "over"]) + stem + end
        for stem in "happi run token nation form port stand light".split() for end in ["", *"ness ing ised able ly er".split()]]
    training = [" ".join(r.choices(WORDS + made, k=9)).replace("<", " ") for _ in range(3000)]
    texts = lines(count)
    record = {"tokenizers": tokenizers.__version__, "length": 48, "texts": texts, "ids": {}}
    for name, tokenizer in make(training, charsmap(None if len(sys.argv) > 2 else RULES)):
        tokenizer.save(str(folder / f"{name}.json"), pretty=False)
        tokenizer.enable_truncation(48)
        record["ids"][name] = [tokenizer.encode(text).ids for text in texts]
        print(name, tokenizer.get_vocab_size(), sum(map(len, record["ids"][name])))
    (folder / "cases.json").write_text(json.dumps(record, separators=(",", ":")) + "\n")


main()

"""Records the ids that Hugging Face's BertTokenizer gives to texts with a small vocabulary.

    python3 -m venv venv && venv/bin/pip install transformers==5.24.0 tokenizers==0.23.3
    venv/bin/python wordpiece.py

writes vocab.txt and wordpiece.json beside this file.
"""
import json
import pathlib
import string

import tokenizers
import transformers

LENGTH = 24
HERE = pathlib.Path(__file__).parent

WORDS = """the a of run walk un want ##ed ##ing ##able ##believ ##s ##ly ##er able believe house House HOUSE
 cafe café caf\u0065\u0301 e\u0301 naive naïve Zürich zurich Straße straße ##ße istanbul İ ı i resume Ελλάδα ελλαδα
 ##ος ##οσ ##ς οδοσ ΟΔΟΣ οδος москва Москва ё е й и ##и 中 文 汉字 漢 豈 日 本 ひ ら が な ##ひ カ ##カ \u304b \u304c ##\u3099
 한 글 ##ᆫ 하 ##하 \u1112\u1161 \u1112\u1161\u11ab ที่ ##นี่ การ שלום שָׁלוֹם العربية العربيه हिन्दी ##न्दी हनद fi ﬁ ##ﬁ Ⅷ ⅷ ² ½ 1 2 3 12 ##2 ##3
 ##45 3.14 . , ! ? - – — ‘ ’ “ ” … ¿ ¡ « » 、 。 「 」 $ + < = > ^ ` | ~ € £ ° © ™ # ## @ _ ( ) [ ] { } / \\ % & * : ; ' "
 😀 ##😀 👩 ##👩 ##💻 \ufe0f ##\ufe0f hello world ##world ##x x ##xx sep SEP mask MASK cls pad unk [mask] don t doesn ' ss ẞ
 angstrom ångström Å A a ##ngstrom ##ngström ǆ Ǆ ǅ o \u0301 ##\u0301 \u0307 ##\u0307 ##i ##o ##a ##n ##e ##t""".split()


def vocabulary():
    tokens = ["[PAD]", "[unused0]", "[MASK]", "[SEP]", "the", "[UNK]", "[CLS]"]
    tokens += list(string.ascii_lowercase) + ["##" + c for c in string.ascii_lowercase]
    tokens += list("ABCXYZ") + list(string.digits)
    for token in WORDS:
        if token not in tokens:
            tokens.append(token)
    return list(dict.fromkeys(tokens))


TEXTS = [
    "", " ", "the", "The HOUSE House house", "unbelievable unwanted running walked", "  the\t a \n of\r\n run  ",
    "hello,world!", "don't doesn't 'a'", "a.b,c;d:e", "3.14 12345 12 ½ ² Ⅷ", "$1+2=3 <a> ^x` |~", "€£°©™",
    "café cafe\u0301 CAFÉ", "naïve NAÏVE resume résumé", "Ångström ångström ANGSTRÖM", "Zürich ZÜRICH zu\u0308rich",
    "Straße STRASSE ẞ", "İstanbul ISTANBUL ısı", "ΟΔΟΣ οδος Οδός ΕΛΛΆΔΑ", "Москва МОСКВА ё Ё й", "ǅ Ǆ ǆ",
    "中文 漢字ab中", "the中house文", "\uf900 \u8c48", "ひらがな カタカナ がぎ", "\u304b\u3099 \u304c", "한글 하나 글한",
    "\u1112\u1161\u11ab 한", "ที่นี่ การ", "שָׁלוֹם שלום", "العربية اَلعربية", "हिन्दी हिन्दी।", "ﬁne ﬁ fi", "ｆｕｌｌ　ｗｉｄｔｈ！",
    "a\u00a0b\u2003c\u3000d", "a\u2028b\u2029c\u0085d", "zero\u200bwidth a\u200db \ufeffthe soft\u00adhyphen", "a\u0000b\ufffdc\u0001d\u007fe",
    "bell\u0007 tab\u000bvt \u000cff", "\ue000private \U000f0000use", "“the” ‘a’ «of» — run… ¿walk?", "、。「中」",
    "😀 😀😀 the😀", "👩‍💻 👩 💻", "☃️ \ufe0f", "[CLS] the [SEP] a [MASK]", "[cls] [sep] [mask] [pad]", "x[SEP]y", "[[SEP]]", "[SEP", "[UNK][PAD]",
    "[unused0] the", "##ing ## # un##able", "x" * 100, "x" * 101, "a" * 99 + "é" + "z", "é" * 101, "_a_ snake_case", "a-b–c—d",
    "e\u0301\u0302 \u0301 a\u0301", "\u0301the", "q\u0323\u0307 q\u0307\u0323", "\u212b \u2126 \u00c5", "𝔱𝔥𝔢 𝐀", "ſt ſ", "₹ ₿ ∑ √ → ▲", "1,234.56 -7 +3",
    "http://a.b/c?d=e&f=g", "user@host.com #tag @a", "C:\\a\\b {x} [y] (z)", "the " * 30, "unbelievable " * 10, "the [SEP] " * 15, "中" * 40,
    "a\u0300\u0316b", "ộ o\u0323\u0302 o\u0302\u0323", "\U0001f468\u200d\U0001f469\u200d\U0001f467 family", "\u1680ogham\u180emvs", "\u2e80\u31c0 \U00020000\U0002a6d6 \u3400",
    # Characters whose class has changed since Unicode 8.0, or that are newer.
    "a\u166db a\u1734b a\u1885b a\ua9bdb", "a\U000111c9b a\U0001171eb", "a\u061db a\u09fdb a\u0cf3b",
    "a\U0002b820b a\U0002b91fb a\U0002b920b", "a\U000105c9b a\U00011938b e\u0301\U000105c9e\u0301",
]


def main():
    tokens = vocabulary()
    path = HERE / "vocab.txt"
    path.write_text("".join(token + "\n" for token in tokens), encoding="utf-8", newline="\n")
    by_case = {
        name: transformers.BertTokenizer(str(path), do_lower_case=lower)
        for name, lower in [("cased", False), ("uncased", True)]
    }
    cases = [
        {"text": text}
        | {
            name: tokenizer(text, truncation=True, max_length=LENGTH)["input_ids"]
            for name, tokenizer in by_case.items()
        }
        for text in TEXTS
    ]
    assert len(set(TEXTS)) == len(TEXTS)
    head = {"transformers": transformers.__version__, "tokenizers": tokenizers.__version__, "length": LENGTH}
    lines = ",\n".join(json.dumps(case) for case in cases)
    text = json.dumps(head)[:-1] + ', "cases": [\n' + lines + "\n]}\n"
    (HERE / "wordpiece.json").write_text(text)
    print(len(tokens), "tokens,", len(cases), "texts,", sum(c["cased"] != c["uncased"] for c in cases), "differ by case")


main()

"""Prints Sources/RetortFormats/Tokenizer/CompatibilityTable.swift: the characters that Hugging Face's
`tokenizers` decomposes in NFKD but not in NFD.

    python3 -m venv venv && venv/bin/pip install tokenizers==0.23.3
    venv/bin/python compatibility.py > ../../../Sources/RetortFormats/Tokenizer/CompatibilityTable.swift
"""
import tokenizers
from tokenizers import normalizers

HEAD = '''/// The characters with a compatibility decomposition in Unicode 9.0, made by `compatibility.py` among the recorded
/// tokens from NFKD of `tokenizers` {version}.
enum CompatibilityTable {{
  /// Entries `first:scalars` or `first+more:scalars` in hexadecimal, ascending: the decomposition of a character, and
  /// that each of those that follow it has one whose first scalar follows too.
  static let entries = """
'''


def main():
    whole, plain = normalizers.NFKD(), normalizers.NFD()
    runs = []
    for code in range(0x110000):
        if 0xD800 <= code < 0xE000:
            continue
        found = whole.normalize_str(chr(code))
        if found == plain.normalize_str(chr(code)):
            continue
        if runs:
            first, count, text = runs[-1]
            if code == first + count and found[1:] == text[1:] and ord(found[0]) == ord(text[0]) + count:
                runs[-1] = (first, count + 1, text)
                continue
        runs.append((code, 1, found))
    entries = [
        f"{first:X}" + (f"+{count - 1:X}" if count > 1 else "") + ":" + ".".join(f"{ord(c):X}" for c in text)
        for first, count, text in runs
    ]
    print(HEAD.format(version=tokenizers.__version__), end="")
    line = "   "
    for entry in entries:
        if len(line) + 1 + len(entry) + 2 > 112:
            print(line + " \\")
            line = "   "
        line += " " + entry
    print(line + '\n    """\n}')


main()

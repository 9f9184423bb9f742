#!/usr/bin/env python3
"""WordNet's definitions of nouns as texts of 26 classes, for the recipes text-kd and text-tgt.

Usage: wordnet-texts.py FOLDER [--nouns /usr/share/wordnet/data.noun] [--tokens 4000]

Writes train.tsv, test.tsv (2,000 lines) and vocab.txt into FOLDER. Needs the Debian package wordnet-base and Python's
tokenizers. Definitions of several classes are left out, and examples in quotation marks.
"""

import argparse
import os
import random

from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers

CLASSES = (
    "top act animal artifact attribute body cognition communication event feeling food group location motive object "
    "person phenomenon plant possession process quantity relation shape state substance time").split()


def definitions(path):
    """Pairs of a definition and its class."""
    classes = {}
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            if line.startswith("  "):
                continue
            number = int(line.split(" ", 2)[1]) - 3
            text = line.split("| ", 1)[1].split('; "')[0].strip().replace("\t", " ")
            classes.setdefault(text, set()).add(CLASSES[number])
    return [
        (text, next(iter(found))) for text, found in classes.items()
        if len(found) == 1 and '"' not in text]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("folder")
    parser.add_argument("--nouns", default="/usr/share/wordnet/data.noun")
    parser.add_argument("--tokens", type=int, default=4000)
    options = parser.parse_args()
    pairs = definitions(options.nouns)
    random.Random(0).shuffle(pairs)
    os.makedirs(options.folder, exist_ok=True)
    for name, part in (("test", pairs[:2000]), ("train", pairs[2000:])):
        with open(os.path.join(options.folder, f"{name}.tsv"), "w", encoding="utf-8") as file:
            file.writelines(f"{text}\t{label}\n" for text, label in part)
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.train_from_iterator(
        [text for text, _ in pairs[2000:]],
        trainers.WordPieceTrainer(
            vocab_size=options.tokens,
            special_tokens=["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]))
    tokens = sorted(tokenizer.get_vocab().items(), key=lambda item: item[1])
    with open(os.path.join(options.folder, "vocab.txt"), "w", encoding="utf-8") as file:
        file.writelines(f"{token}\n" for token, _ in tokens)


if __name__ == "__main__":
    main()

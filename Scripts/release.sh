#!/usr/bin/env bash
# Makes ready what a release is: a clean tree, one version everywhere, tests, the bundle. Takes the path of
# retort; says which tag to set.
set -euo pipefail
retort=$1
version=$("$retort" --version)
if [ -n "$(git status --porcelain)" ]; then
  echo "release: the tree has changes that are not committed; commit or remove them first" >&2
  exit 1
fi
heading=$(grep -m 1 '^## ' CHANGELOG.md)
if [ "$heading" != "## $version" ]; then
  echo "release: CHANGELOG.md begins with '$heading', and retort is version $version; make them agree" >&2
  exit 1
fi
if git rev-parse -q --verify "refs/tags/v$version" > /dev/null; then
  echo "release: the tag v$version exists; raise retortVersion and begin a section of CHANGELOG.md" >&2
  exit 1
fi
make test bundle manual
echo "release: ready. Set the tag with: git tag -a v$version -m 'Retort $version'"

#!/usr/bin/env bash
# check-versions.sh - vecstore.control, META.json and CHANGELOG.md name the same version.
set -euo pipefail

version=$(sed -n "s/^default_version = '\(.*\)'/\1/p" vecstore.control)
failed=0

# expect WHERE FOUND - complain unless FOUND is the control file's version.
expect() {
  [ "$2" = "$version" ] && return
  echo "check-versions: $1 says \"$2\", vecstore.control says \"$version\"" >&2
  failed=1
}

# meta KEY... - the value META.json has below these keys.
meta() {
  python3 -c 'import functools, json, operator, sys
print(functools.reduce(operator.getitem, sys.argv[1:], json.load(open("META.json"))))' "$@"
}

expect 'META.json, version' "$(meta version)"
expect 'META.json, provides.version' "$(meta provides vecstore version)"
expect 'META.json, provides.file' \
  "$(meta provides vecstore file | sed -n 's|^sql/vecstore--\(.*\)\.sql$|\1|p')"
expect 'CHANGELOG.md, its first version' \
  "$(sed -n 's/^## \[\([0-9][^]]*\)\].*/\1/p' CHANGELOG.md | head -1)"

exit $failed

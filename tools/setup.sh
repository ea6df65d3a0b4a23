#!/usr/bin/env bash
# setup.sh [all] - install the Debian packages that are missing.
#
# Without arguments: what make, make demo and make check need.  "all" adds what make check-all and
# make bench need.  Does nothing, and needs no root, when everything is there.
set -euo pipefail

packages=(build-essential rsync pkg-config libhwy-dev postgresql-15 postgresql-server-dev-15
  postgresql-15-pgtap libtap-parser-sourcehandler-pgtap-perl libipc-run-perl libgtest-dev
  python3 wordnet-base dataset-fashion-mnist)
[ "${1:-}" = all ] && packages+=(clang-14 libclang-rt-14-dev nodejs npm python3-pip python3-venv
  python3-numpy python3-matplotlib python3-psycopg2 python3-faiss python3-dev linux-perf)

command -v dpkg-query >/dev/null || { echo "Not Debian: install the equivalents of: ${packages[*]}" >&2; exit 0; }

have() {
  # nodejs and npm may come from elsewhere than Debian.
  case $1 in nodejs) command -v node >/dev/null && return ;; npm) command -v npm >/dev/null && return ;; esac
  dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null | grep -qx installed
}
missing=()
for package in "${packages[@]}"; do have "$package" || missing+=("$package"); done
[ ${#missing[@]} -eq 0 ] && exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || { echo "Missing packages; as root: apt-get install ${missing[*]}" >&2; exit 1; }
  as_root=(sudo)
fi
echo "Installing from Debian: ${missing[*]}"
"${as_root[@]}" apt-get update -q
DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -q -y --no-install-recommends "${missing[@]}"

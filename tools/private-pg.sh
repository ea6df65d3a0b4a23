#!/usr/bin/env bash
# private-pg.sh PG_CONFIG DIR - copy the server's programs to DIR and install this build there.
#
# PostgreSQL finds its libraries and its share directory relative to its own program, so a copied tree
# is a complete server: the tests and the demo need no root and never touch the system's installation.
# DIR/bin leads to the programs.  Nothing is copied again while the server's version stays the same.
set -euo pipefail
pg_config=$1
dir=$2

version=$("$pg_config" --version)
bindir=$("$pg_config" --bindir)
pkglibdir=$("$pg_config" --pkglibdir)
sharedir=$("$pg_config" --sharedir)

if [ "$(cat "$dir/version" 2>/dev/null || true)" != "$version" ]; then
  rm -rf "$dir"
  mkdir -p "$dir$bindir" "$dir$pkglibdir" "$dir$sharedir"
  cp -a "$bindir/." "$dir$bindir/"
  cp -a "$pkglibdir/." "$dir$pkglibdir/"
  cp -a "$sharedir/." "$dir$sharedir/"
  ln -s ".$bindir" "$dir/bin"
  ln -s ".$pkglibdir" "$dir/lib"
  ln -s ".$sharedir" "$dir/share"
  printf '%s\n' "$version" > "$dir/version"
fi

extdir=$dir$sharedir/extension
cp -u vecstore.control sql/vecstore--*.sql "$extdir/"
# A running server may have the library mapped: replace the file, never write into it.
cmp -s vecstore.so "$dir$pkglibdir/vecstore.so" || install -m 755 vecstore.so "$dir$pkglibdir/vecstore.so"

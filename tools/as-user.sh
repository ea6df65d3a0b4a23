#!/usr/bin/env bash
# as-user.sh COMMAND... - run COMMAND in this tree as an unprivileged user.
#
# PostgreSQL refuses to run as root.  An ordinary user just runs COMMAND here.  For root the tree is
# mirrored to a directory of the user `postgres` (or `nobody`) and COMMAND runs in the mirror.
set -euo pipefail
[ "$(id -u)" -ne 0 ] && exec "$@"

command -v rsync >/dev/null || { echo "rsync is missing: run make setup first" >&2; exit 1; }
tree=$(pwd -P)
user=postgres
id "$user" >/dev/null 2>&1 || user=nobody

# Root writes below a directory of another user in a public place: it must really be that user's.
base=/var/tmp/vecstore-$user
if mkdir -m 755 "$base" 2>/dev/null; then chown "$user": "$base"; fi
if [ -L "$base" ] || [ "$(stat -c %U "$base")" != "$user" ]; then
  echo "$base exists and is not a directory of user $user" >&2
  exit 1
fi

mirror=$base/$(printf '%s' "$tree" | cksum | cut -d' ' -f1)
# By contents: a file that was changed and restored within a second has the size and the time it had.
rsync -a --checksum --delete --chown="$user:$(id -gn "$user")" --exclude=/.git --exclude=/build --exclude='*.o' \
  --exclude='*.d' --exclude=/vecstore.so --include='/sql/vecstore--*--*.sql' --exclude='/sql/vecstore--*.sql' \
  --exclude=/bench/data "$tree/" "$mirror/"
cd "$mirror"
echo "(running as user $user in $mirror)"
exec setpriv --reuid="$user" --regid="$(id -g "$user")" --init-groups \
  env HOME="$mirror" USER="$user" LOGNAME="$user" "$@"

#!/usr/bin/env bash
# as-user.sh COMMAND... - run COMMAND in this tree as an unprivileged user.
#
# PostgreSQL refuses to run as root.  An ordinary user just runs COMMAND here.  For root the tree is
# mirrored to a directory of the user `postgres` (or `nobody`) and COMMAND runs in the mirror.
set -euo pipefail
[ "$(id -u)" -ne 0 ] && exec "$@"

tree=$(pwd -P)
user=postgres
id "$user" >/dev/null 2>&1 || user=nobody
mirror=/var/tmp/vecstore-$user/$(printf '%s' "$tree" | cksum | cut -d' ' -f1)
mkdir -p "$mirror"
rsync -a --delete --exclude=/.git --exclude=/build --exclude='*.o' --exclude='*.d' --exclude=/vecstore.so \
  --exclude='/sql/vecstore--*.sql' --exclude=/bench/data --include='/sql/vecstore--*--*.sql' "$tree/" "$mirror/"
chown -R "$user": "/var/tmp/vecstore-$user"
cd "$mirror"
echo "(running as user $user in $mirror)"
exec setpriv --reuid="$user" --regid="$(id -g "$user")" --init-groups \
  env HOME="$mirror" USER="$user" LOGNAME="$user" "$@"

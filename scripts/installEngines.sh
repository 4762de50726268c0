#!/bin/bash
# installEngines.sh: brings further container engines into a cache folder, beside the engine that is installed and without touching it.
#
#   ./installEngines.sh                    all of them
#   ./installEngines.sh docker-26 podman   these
#   ./installEngines.sh --remove           the folder goes
#
# docker-26  Docker Engine 26.1 with its containerd, from Debian trixie
# podman     Podman 4.3 with conmon, from Debian bookworm
#
# Prints the folder of each engine. Only the Debian mirror is needed, no root, and nothing of this machine's apt is changed:
# lists and packages live in the cache folder. Safe to run again and again; what is there is not fetched again.
# scripts/labEngine.sh starts an engine of these.
#
# Environment:
#   ENGINES_CACHE    default: ~/.cache/dockerfile-layers/engines
#   DOCKER_MIRROR    default: the mirror that apt on this machine uses, else http://deb.debian.org/debian
set -euo pipefail

VERSION=1 # a change of what is fetched below needs another number
CACHE=${ENGINES_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/dockerfile-layers/engines}
KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg
export LC_ALL=C

say() { echo "installEngines: $*" >&2; }

packages() { # engine: package/suite, one a line
  case $1 in
    docker-26) printf '%s/trixie\n' docker.io containerd ;;
    podman)
      printf '%s/bookworm\n' podman conmon golang-github-containers-common golang-github-containers-image \
        libdevmapper1.02.1 libgpgme11 libassuan0 libsubid4
      ;;
    *) say "there is no engine $1; known are docker-26 and podman"; return 1 ;;
  esac
}

lists() { # apt with lists, cache and settings of its own
  local mirror=${DOCKER_MIRROR:-$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 2>/dev/null | grep -m1 -E '/debian/?$' | sed 's,/$,,' || true)}
  mkdir -p "$CACHE/apt/lists/partial" "$CACHE/apt/cache/archives/partial" "$CACHE/apt/none"
  # check-valid-until=no: a mirror copy or a clock may be older or newer than the lists allow.
  for suite in trixie bookworm; do
    echo "deb [signed-by=$KEYRING check-valid-until=no] ${mirror:-http://deb.debian.org/debian} $suite main"
  done >"$CACHE/apt/sources.list"
  cat >"$CACHE/apt/apt.conf" <<CONF
Dir::Etc::SourceList "$CACHE/apt/sources.list";
Dir::Etc::SourceParts "$CACHE/apt/none";
Dir::Etc::PreferencesParts "$CACHE/apt/none";
Dir::State::Lists "$CACHE/apt/lists";
Dir::Cache "$CACHE/apt/cache";
Acquire::Languages "none";
Acquire::Retries "3";
APT::Sandbox::User "";
CONF
  export APT_CONFIG=$CACHE/apt/apt.conf
  apt-get update -qq >&2
}

bring() { # engine
  local new=$CACHE/$1.new.$$
  # shellcheck disable=SC2064
  trap "rm -rf '$new'" EXIT
  mkdir -p "$new/debs"
  # shellcheck disable=SC2046
  (cd "$new/debs" && apt-get download -qq $(packages "$1") >&2)
  for file in "$new"/debs/*.deb; do dpkg-deb -x "$file" "$new"; done
  rm -rf "$new/debs" "$new/usr/share"
  echo $VERSION >"$new/complete"
  rm -rf "${CACHE:?}/$1"
  mv "$new" "$CACHE/$1"
  say "$1 is in $CACHE/$1"
}

if [ "${1:-}" = --remove ]; then rm -rf "$CACHE"; exit 0; fi
for program in apt-get dpkg-deb; do
  command -v $program >/dev/null || { say "$program is missing: only Debian and its like can do this"; exit 1; }
done
[ -e $KEYRING ] || { say "$KEYRING is missing: install debian-archive-keyring"; exit 1; }

[ $# -gt 0 ] || set -- docker-26 podman
mkdir -p "$CACHE"
# Two at a time would write the same files.
exec 9>"$CACHE/lock"
flock 9
listed=
for engine in "$@"; do
  packages "$engine" >/dev/null
  if [ "$(cat "$CACHE/$engine/complete" 2>/dev/null)" != $VERSION ]; then
    [ -n "$listed" ] || lists
    listed=1
    (bring "$engine")
  fi
  echo "$CACHE/$engine"
done

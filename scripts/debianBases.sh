#!/bin/bash
# debianBases.sh: images that stand in for Debian's official ones, made from the Debian mirror alone.
#
#   sudo ./debianBases.sh [suite...]     default: bookworm trixie bullseye
#
# For each suite two images: dockerfile-layers-test/debian:SUITE and dockerfile-layers-test/debian:SUITE-slim.
# They are up to date with the mirror and set up as the official images are: the same rules for apt and dpkg,
# nothing marked as asked for, no lists, the same files left out of -slim. Archives are kept in the user's cache folder
# and are made anew when the mirror has another state. Needs root, a running engine, and debootstrap (installed when missing).
#
# Environment:
#   DEBIAN_MIRROR       default: the mirror that apt on this machine uses, else http://deb.debian.org/debian
#   DEBIAN_BASES_CACHE  default: ~/.cache/dockerfile-layers/debian
set -euo pipefail

VERSION=1 # a change of what is made below needs another number
REPOSITORY=dockerfile-layers-test/debian
CACHE=${DEBIAN_BASES_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/dockerfile-layers/debian}
MIRROR=${DEBIAN_MIRROR:-$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 2>/dev/null | grep -m1 -E '/debian/?$' | sed 's,/$,,' || true)}
MIRROR=${MIRROR:-http://deb.debian.org/debian}
ARCH=$(dpkg --print-architecture)
export DEBIAN_FRONTEND=noninteractive LC_ALL=C

say() { echo "debianBases: $*" >&2; }
[ "$(id -u)" = 0 ] || { say "must run as root"; exit 1; }

fetch() { if command -v curl >/dev/null; then curl -fsSL --retry 3 "$1"; else wget -qO- "$1"; fi; }

# Digest of the mirror's state: another one makes another base.
state_of() { # suite
  { echo "$VERSION $ARCH $MIRROR"
    for release in "$MIRROR/dists/$1" "$MIRROR/dists/$1-updates" "$MIRROR-security/dists/$1-security"; do
      fetch "$release/InRelease" | grep -a '^Date:'
    done; } | sha256sum | cut -c1-16
}

# Runs a command inside a root folder with /proc and without this machine's environment.
inside() { # folder, command...
  unshare --mount --pid --fork bash -c '
    mount -t proc proc "$1/proc"; root=$1; shift
    exec chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive LC_ALL=C \
      ${http_proxy:+http_proxy=$http_proxy} "$@"' _ "$@"
}

configure() { # folder, suite
  local root=$1 suite=$2 keys=/usr/share/keyrings/debian-archive-keyring.gpg conf=$1/etc/apt/apt.conf.d
  [ ! -e "$root/${keys%.gpg}.pgp" ] || keys=${keys%.gpg}.pgp
  rm -f "$root/etc/apt/sources.list"
  if [ "$suite" = bullseye ]; then
    printf 'deb %s main\n' "$MIRROR $suite" "$MIRROR-security $suite-security" "$MIRROR $suite-updates" >"$root/etc/apt/sources.list"
  else
    { printf 'Types: deb\nURIs: %s\nSuites: %s\nComponents: main\nSigned-By: %s\n\n' "$MIRROR" "$suite $suite-updates" $keys
      printf 'Types: deb\nURIs: %s\nSuites: %s\nComponents: main\nSigned-By: %s\n' "$MIRROR-security" "$suite-security" $keys
    } >"$root/etc/apt/sources.list.d/debian.sources"
  fi
  echo 'Apt::AutoRemove::SuggestsImportant "false";' >"$conf/docker-autoremove-suggests"
  echo 'Acquire::GzipIndexes "true";' >"$conf/docker-gzip-indexes"
  echo 'Acquire::Languages "none";' >"$conf/docker-no-languages"
  local drop='"rm -f /var/cache/apt/archives/*.deb /var/cache/apt/archives/partial/*.deb /var/cache/apt/*.bin || true";'
  { echo "DPkg::Post-Invoke { $drop };"
    echo "APT::Update::Post-Invoke { $drop };"
    echo 'Dir::Cache::pkgcache ""; Dir::Cache::srcpkgcache "";'
  } >"$conf/docker-clean"
  # Not in the official images: a mirror copy may be older than this machine's clock allows.
  echo 'Acquire::Check-Valid-Until "false"; Acquire::Check-Date "false"; Acquire::Retries "3";' >"$conf/test-mirror"
  echo force-unsafe-io >"$root/etc/dpkg/dpkg.cfg.d/docker-apt-speedup"
  printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
  chmod 755 "$root/usr/sbin/policy-rc.d"
}

# What the official images do not carry.
sweep() { # folder
  local root=$1
  rm -rf "$root"/var/lib/apt/lists/* "$root"/var/cache/apt/* "$root"/dev/* "$root"/tmp/* "$root"/run/* "$root"/proc/*
  rm -f "$root"/var/log/{dpkg,bootstrap,alternatives}.log "$root"/var/log/apt/{history,term}.log "$root"/var/log/apt/eipp.log.xz \
    "$root"/var/cache/ldconfig/aux-cache "$root"/etc/apt/apt.conf.d/01autoremove-kernels "$root"/etc/machine-id \
    "$root"/etc/resolv.conf
  mkdir -p "$root"/var/lib/apt/lists/partial "$root"/var/cache/apt/archives/partial "$root"/run/lock
  chmod 1777 "$root"/run/lock
  echo debuerreotype >"$root/etc/hostname"
}

slim() { # folder: leaves out what -slim leaves out, now and in later installs
  local root=$1 share=$1/usr/share
  { printf 'path-exclude /usr/share/%s\n' 'doc/*' 'info/*' 'linda/*' 'lintian/overrides/*' 'locale/*' 'man/*' \
      'doc/kde/HTML/*/*' 'gnome/help/*/*' 'omf/*/*-*.emf'
    printf 'path-include /usr/share/%s\n' 'doc/*/copyright' 'doc/kde/HTML/C/*' 'gnome/help/*/C/*' 'locale/all_languages' \
      'locale/currency/*' 'locale/l10n/*' 'locale/languages' 'locale/locale.alias' 'omf/*/*-C.emf'
  } >"$root/etc/dpkg/dpkg.cfg.d/docker"
  find "$share/doc" ! -type d ! -name copyright -delete
  find "$share/info" "$share/man" "$share/lintian/overrides" ! -type d -delete 2>/dev/null || true
  find "$share/locale" ! -type d ! -name all_languages ! -name languages ! -name locale.alias -delete 2>/dev/null || true
  find "$share/doc" "$share/info" "$share/man" "$share/lintian" "$share/locale" -depth -mindepth 1 -type d -empty -delete 2>/dev/null || true
  mkdir -p "$share"/man/man{1..9}
}

pack() { # folder, archive
  tar -C "$1" --numeric-owner --sort=name -c . | gzip -1 >"$2.new.$$"
  mv "$2.new.$$" "$2"
}

build() { # suite, state
  local suite=$1 state=$2 work merged=--merged-usr
  [ "$suite" != bullseye ] || merged=--no-merged-usr
  work=$(mktemp -d "${TMPDIR:-/tmp}/debian-bases-XXXXXX")
  # shellcheck disable=SC2064
  trap "rm -rf --one-file-system '$work'" EXIT
  local root=$work/full
  unshare --mount debootstrap --variant=minbase $merged "$suite" "$root" "$MIRROR" >"$CACHE/$suite.log" 2>&1 ||
    { tail -5 "$CACHE/$suite.log" >&2; return 1; }
  configure "$root" "$suite"
  cp -L /etc/resolv.conf "$root/etc/resolv.conf"
  { inside "$root" apt-mark auto '.*'
    inside "$root" apt-get update -q
    inside "$root" apt-get full-upgrade -yq; } >>"$CACHE/$suite.log" 2>&1 || { tail -5 "$CACHE/$suite.log" >&2; return 1; }
  cp -a "$root" "$work/slim"
  slim "$work/slim"
  sweep "$root"
  sweep "$work/slim"
  pack "$root" "$CACHE/$suite-$state.tar.gz"
  pack "$work/slim" "$CACHE/$suite-slim-$state.tar.gz"
  # Archives of an earlier state of the mirror.
  find "$CACHE" -maxdepth 1 -name "$suite-*.tar.gz" ! -name "*-$state.tar.gz" -delete
}

has() { # tag, state: does the engine have this very image?
  [ "$(docker image inspect --format '{{index .Config.Labels "state"}}' "$REPOSITORY:$1" 2>/dev/null)" = "$2" ]
}

bring() ( # suite: a subshell, so that each suite has its own trap
  suite=$1 state=$(state_of "$1")
  if has "$suite" "$state" && has "$suite-slim" "$state"; then return 0; fi
  if [ ! -s "$CACHE/$suite-$state.tar.gz" ] || [ ! -s "$CACHE/$suite-slim-$state.tar.gz" ]; then build "$suite" "$state"; fi
  for tag in "$suite" "$suite-slim"; do
    docker import -c 'CMD ["bash"]' -c 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' \
      -c "LABEL state=$state" "$CACHE/$tag-$state.tar.gz" "$REPOSITORY:$tag" >/dev/null
    say "$REPOSITORY:$tag is made"
  done
)

mkdir -p "$CACHE"
command -v debootstrap >/dev/null || { apt-get update -qq; apt-get install -y -qq --no-install-recommends debootstrap >/dev/null; }
# Two at a time would fight over the same archives.
exec 9>"$CACHE/lock"
flock 9
pids=()
[ $# -gt 0 ] || set -- bookworm trixie bullseye
for suite in "$@"; do bring "$suite" 9>&- & pids+=($!); done
status=0
for pid in "${pids[@]}"; do wait "$pid" || status=1; done
exit $status

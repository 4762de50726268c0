#!/bin/bash
# installRegistry.sh: put Debian's image registry (docker-registry) on this machine. Starts nothing:
# tests start registries of their own on loopback, with configurations of their own.
#
#   sudo ./installRegistry.sh
#
# Only the Debian mirror is needed. Safe to run again and again.
set -euo pipefail

say() { echo "installRegistry: $*" >&2; }
if command -v docker-registry >/dev/null && command -v openssl >/dev/null; then
  docker-registry --version
  exit 0
fi
[ "$(id -u)" = 0 ] || { say "must run as root"; exit 1; }
export DEBIAN_FRONTEND=noninteractive

# No init system is asked to start the service that the package brings (policy-rc.d 101).
policy=/usr/sbin/policy-rc.d made=
if [ ! -e $policy ]; then printf '#!/bin/sh\nexit 101\n' >$policy; chmod +x $policy; made=1; fi
trap '[ -z "$made" ] || rm -f $policy' EXIT

install() { apt-get install -y -qq --no-install-recommends -o Dpkg::Use-Pty=0 docker-registry openssl >/dev/null; }
# The lists of packages may be older than what the mirror has, or not there at all.
install 2>/dev/null || { apt-get update -qq && install; }
docker-registry --version

#!/bin/bash
# installStrace.sh: put strace on a Debian machine, for the tests that watch what a process contacts. Run as root.
set -euo pipefail
command -v strace >/dev/null && exit 0
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends strace >/dev/null

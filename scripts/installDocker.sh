#!/bin/bash
# installDocker.sh: put a recent Docker Engine + buildx on a Debian 12 (bookworm) machine, start it, wait until it answers.
#
#   sudo ./installDocker.sh              install (if needed), start (if needed), wait, print versions
#   sudo ./installDocker.sh --stop       stop the engine that this script started
#
# Only the Debian mirror is needed. Safe to run again and again.
#
# Environment:
#   DOCKER_SUITE             where the packages come from. Default "forky trixie": the first that installs wins.
#                              forky  = Engine 28.5 + buildx 0.29   (rolling: the version moves with Debian testing)
#                              trixie = Engine 26.1 + buildx 0.13   (stable: fixed)
#   DOCKER_CONTAINERD_STORE  1 = containerd image store, 0 = classic overlay2 graph driver (default 0)
#   DOCKER_MIRROR            default: the mirror that apt on this machine already uses
#   DOCKER_WAIT              seconds to wait for the engine (default 60)
set -euo pipefail

SUITES=${DOCKER_SUITE:-forky trixie}
MIRROR=${DOCKER_MIRROR:-$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 2>/dev/null | grep -m1 -E '/debian/?$' | sed 's,/$,,')}
STORE=${DOCKER_CONTAINERD_STORE:-0}
WAIT=${DOCKER_WAIT:-60}
SOCK=/var/run/docker.sock
CONF=/etc/docker/daemon-layers.json
PIDFILE=/var/run/docker-layers.pid
LOG=/var/log/dockerd-layers.log
KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg
export DEBIAN_FRONTEND=noninteractive
unset DOCKER_HOST DOCKER_CONTEXT || true

say() { echo "installDocker: $*" >&2; }
answers() { [ -S "$SOCK" ] && timeout 5 docker -H "unix://$SOCK" version --format '{{.Server.Version}}' >/dev/null 2>&1; }
have_packages() { # a CLI, buildx and a daemon that is not bookworm's own 20.10
  command -v docker >/dev/null && docker buildx version >/dev/null 2>&1 &&
    [ "$(dockerd --version 2>/dev/null | sed -n 's/.*version \([0-9]*\).*/\1/p')" -ge 26 ] 2>/dev/null
}
ours() { # pid of the daemon this script started, if it is alive
  local p; p=$(cat "$PIDFILE" 2>/dev/null || true)
  [ -n "$p" ] && [ -r "/proc/$p/cmdline" ] && tr '\0' ' ' <"/proc/$p/cmdline" | grep -q -- "$CONF" && echo "$p"
}

if [ "${1:-}" = --stop ]; then
  if p=$(ours); then
    kill "$p"; for _ in $(seq 100); do [ -d "/proc/$p" ] || break; sleep 0.1; done
    say "stopped (pid $p)"
  else say "no engine of this script is running"; fi
  exit 0
fi
[ "$(id -u)" = 0 ] || { say "must run as root"; exit 1; }

# ---- packages -------------------------------------------------------------------------------------------------
forget() { rm -f "/etc/apt/sources.list.d/docker-layers-$1.list" "/etc/apt/preferences.d/docker-layers-$1"; }
# check-valid-until=no: a testing suite's Release file runs out after a week; a mirror copy or a clock may be older/newer
install_from() { # suite: one source list and one pin per suite; nothing else on the machine moves to that suite
  local s=$1
  cat >"/etc/apt/sources.list.d/docker-layers-$s.list" <<EOF
deb [signed-by=$KEYRING check-valid-until=no] $MIRROR $s main
EOF
  cat >"/etc/apt/preferences.d/docker-layers-$s" <<EOF
Package: *
Pin: release n=$s
Pin-Priority: 50

Package: docker.io docker-cli docker-buildx containerd
Pin: release n=$s
Pin-Priority: 990
EOF
  apt-get update -qq || { forget "$s"; return 1; }
  # runc and iptables stay at bookworm's own version: forky's runc needs libc6 2.38, bookworm has 2.36.
  # No init system is asked to start anything (policy-rc.d 101): the daemon is started below.
  local policy=/usr/sbin/policy-rc.d made=
  if [ ! -e $policy ]; then printf '#!/bin/sh\nexit 101\n' >$policy; chmod +x $policy; made=1; fi
  local rc=0
  apt-get install -y -qq --no-install-recommends -o Dpkg::Use-Pty=0 -o Dpkg::Options::=--force-confold \
    docker.io docker-cli docker-buildx containerd runc iptables ca-certificates >/var/log/docker-layers-apt.log 2>&1 || rc=$?
  [ -z "$made" ] || rm -f $policy
  if [ $rc != 0 ]; then
    tail -5 /var/log/docker-layers-apt.log >&2
    forget "$s"
  fi
  return $rc
}
if ! have_packages; then
  [ -e $KEYRING ] || { apt-get update -qq && apt-get install -y -qq debian-archive-keyring; }
  ok=
  for s in $SUITES; do
    say "installing docker.io docker-cli docker-buildx containerd from $s"
    if install_from "$s"; then ok=$s; break; fi
    say "$s did not install, trying the next suite"
  done
  [ -n "$ok" ] || { say "no suite installed"; exit 1; }
fi

# The tests' base image is made of a static busybox and a static bash.
[ -x /bin/busybox ] && [ -x /bin/bash-static ] ||
  { apt-get update -qq && apt-get install -y -qq busybox-static bash-static >/dev/null; }

# ---- start ----------------------------------------------------------------------------------------------------
write_conf() { # $1 = extra JSON members
  mkdir -p /etc/docker
  local dev mtu snap=false
  dev=$(ip route show default 2>/dev/null | sed -n 's/.* dev \([^ ]*\).*/\1/p' | head -1 || true)
  mtu=$(cat "/sys/class/net/$dev/mtu" 2>/dev/null || echo 1500)
  [ "$STORE" = 1 ] && snap=true
  printf '{"features": {"containerd-snapshotter": %s}, "mtu": %s%s}\n' "$snap" "$mtu" "$1" >$CONF
}
start() {
  mkdir -p /var/run /var/log
  setsid nohup dockerd --config-file $CONF --pidfile $PIDFILE -H "unix://$SOCK" >>$LOG 2>&1 </dev/null &
  local p=$! i
  for i in $(seq $((WAIT * 5))); do
    answers && return 0
    [ -d "/proc/$p" ] || { say "dockerd ended early"; return 1; }
    sleep 0.2
  done
  return 1
}
if answers; then
  say "an engine already answers on $SOCK"
else
  # a machine without any cgroup mount (bare container) needs one
  [ -n "$(ls -A /sys/fs/cgroup 2>/dev/null)" ] || mount -t cgroup2 none /sys/fs/cgroup || true
  [ -n "$(ours || true)" ] || rm -f $PIDFILE
  write_conf ''
  if ! start; then
    tail -5 $LOG >&2
    say "second try without iptables and bridge (builds with RUN then need: docker build --network host)"
    p=$(ours || true); [ -z "$p" ] || kill "$p"; sleep 1
    write_conf ', "iptables": false, "ip6tables": false, "bridge": "none"'
    start || { tail -20 $LOG >&2; say "the engine did not come up"; exit 1; }
  fi
fi

docker -H "unix://$SOCK" version --format 'client {{.Client.Version}}  engine {{.Server.Version}}  API {{.Server.APIVersion}}'
docker buildx version
own=/usr/libexec/docker/cli-plugins/docker-buildx
if [ -x $own ] && [ "$($own version 2>/dev/null)" != "$(docker buildx version)" ]; then
  say "note: another buildx (in ~/.docker/cli-plugins or /usr/local) hides the packaged one: $($own version)"
fi
docker -H "unix://$SOCK" info --format 'storage {{.Driver}}  root {{.DockerRootDir}}  cgroup v{{.CgroupVersion}}'

#!/bin/bash
# labEngine.sh: runs a container engine of its own in the foreground, beside the machine's own engine and without touching it.
#
#   sudo ./labEngine.sh ENGINE FOLDER
#
# ENGINE  docker         the installed Docker Engine, with the store that its graph driver makes
#         docker-store   the same with the containerd image store
#         docker-26, docker-26-store, podman: from scripts/installEngines.sh
# FOLDER  gets all of it: FOLDER/engine.sock is where it answers, FOLDER/log what it says. One engine after the other
#         may have it, each with its own images in FOLDER/ENGINE
#
# The engine has namespaces of its own for processes, mounts and the network (loopback, and its own bridge if it has any):
# whoever ends this script, also by a kill that cannot be caught, ends all that the engine started, its mounts go with it, and
# FOLDER can be removed. It ends with the process that started it.
set -euo pipefail

CACHE=${ENGINES_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/dockerfile-layers/engines}
say() { echo "labEngine: $*" >&2; }

engine=${1:?which engine?}
case $engine in
  docker | docker-store) home= ;;
  docker-26*) home=$CACHE/docker-26 ;;
  podman) home=$CACHE/podman ;;
  *) say "there is no engine $engine"; exit 1 ;;
esac

if [ "${LAB_INSIDE:-}" != 1 ]; then
  [ "$(id -u)" = 0 ] || { say "must run as root"; exit 1; }
  [ -z "$home" ] || [ -e "$home/complete" ] || { say "scripts/installEngines.sh brings $engine first"; exit 1; }
  mkdir -p "${2:?which folder?}"
  folder=$(cd "$2" && pwd)
  script=$(cd "$(dirname "$0")" && pwd)/$(basename "$0")
  # A socket's path may have 107 bytes.
  [ ${#folder} -le 95 ] || { say "the folder's path is too long for sockets: $folder"; exit 1; }
  LAB_INSIDE=1 exec setpriv --pdeathsig KILL \
    unshare --mount --propagation slave --net --pid --fork --kill-child=KILL --mount-proc \
    bash "$script" "$engine" "$folder"
fi

# ---- inside: this is process 1 of the engine's namespaces -------------------------------------------------------
unset LAB_INSIDE DOCKER_HOST DOCKER_CONTEXT CONTAINER_HOST
folder=$2
exec >>"$folder/log" 2>&1
# Mounts of the machine's own engine are not held on to here, and its sockets and state are not seen.
awk '$5 ~ "^(/run|/var/run|/var/lib/docker|/var/lib/containers)/" { print $5 }' /proc/self/mountinfo | sort -r |
  while read -r point; do umount -l "$point" 2>/dev/null || true; done
mount -t tmpfs -o mode=755 lab /run
ip link set lo up
data=$folder/$engine
export HOME=$data/home TMPDIR=$data/tmp
mkdir -p "$HOME" "$TMPDIR"
[ -z "$home" ] || PATH=$home/usr/sbin:$home/usr/bin:$PATH
rm -f "$folder/engine.sock"

docker_engine() { # true or false: the containerd image store?
  echo "{\"features\": {\"containerd-snapshotter\": $1}, \"shutdown-timeout\": 1}" >"$data/daemon.json"
  # Its bridge is nobody else's: there is one in each network namespace.
  dockerd --config-file "$data/daemon.json" --data-root "$data/root" --exec-root /run/docker \
    --pidfile /run/docker.pid --host "unix://$folder/engine.sock" &
}

podman_engine() {
  export LD_LIBRARY_PATH=$home/usr/lib/$(uname -m)-linux-gnu:$home/lib/$(uname -m)-linux-gnu
  # /etc/containers is asked for by fixed names.
  mount -t overlay -o "lowerdir=$home/etc:/etc" lab /etc
  # Cgroups of this machine may be of both versions, which the runtime cannot do: builds do without.
  export BUILDAH_ISOLATION=chroot
  podman --root "$data/root" --runroot /run/containers --tmpdir /run/libpod --storage-driver overlay \
    --runtime "$(command -v runc)" --conmon "$home/usr/bin/conmon" --cgroup-manager cgroupfs --events-backend file \
    system service --time 0 "unix://$folder/engine.sock" &
}

case $engine in
  docker | docker-26) docker_engine false ;;
  docker-store | docker-26-store) docker_engine true ;;
  podman) podman_engine ;;
esac
# Process 1 gets no signal that it does not ask for. Asked to end, the engine ends in its own way.
main=$!
trap 'kill -TERM $main 2>/dev/null' TERM INT
while kill -0 $main 2>/dev/null; do wait $main || true; done

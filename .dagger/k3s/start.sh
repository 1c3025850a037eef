#!/bin/sh
# Entrypoint of the ephemeral cluster: prepares what k3s expects of a machine, then becomes k3s.
set -eu

# cgroup v2 gives a group's controllers to its children only while no process is in the group itself.
if [ -f /sys/fs/cgroup/cgroup.controllers ]; then
  mkdir -p /sys/fs/cgroup/init
  for pid in $(cat /sys/fs/cgroup/cgroup.procs); do
    echo "$pid" 2>/dev/null >/sys/fs/cgroup/init/cgroup.procs || true
  done
  for controller in $(cat /sys/fs/cgroup/cgroup.controllers); do
    echo "+$controller" >/sys/fs/cgroup/cgroup.subtree_control || true
  done
fi

# What an earlier cluster left in the cache volume knows another address and other certificates.
rm -rf /var/lib/rancher/k3s

exec /bin/k3s "$@"

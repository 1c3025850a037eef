#!/bin/bash
# `k3s server`: etcd, the control plane, containerd, kubelet and kube-proxy of one node.
set -euo pipefail

pods=10.42.0.0/16 services=10.43.0.0/16 api_service=10.43.0.1 dns_service=10.43.0.10
port=6443 bind="" ip="" node=$(hostname) data=/var/lib/rancher/k3s
kubeconfig=${K3S_KUBECONFIG_OUTPUT:-/etc/rancher/k3s/k3s.yaml} kubeconfig_mode=${K3S_KUBECONFIG_MODE:-600}
names=() disabled="," kubelet_args=() apiserver_args=()

fail() { echo "k3s: $*" >&2; exit 1; }

# Flags come as --flag=value and as --flag value. What the stand-in has no use for is taken and ignored.
while [ $# -gt 0 ]; do
  flag=${1%%=*}
  case "$flag" in
    --disable-network-policy | --disable-helm-controller | --disable-cloud-controller | --disable-scheduler=false | --debug | --prefer-bundled-bin)
      shift
      continue
      ;;
  esac
  case "$1" in
    *=*) value=${1#*=} && shift ;;
    *) [ $# -ge 2 ] || fail "flag needs an argument: $flag"; value=$2 && shift 2 ;;
  esac
  case "$flag" in
    --tls-san) names+=("${value//,/ }") ;;
    --write-kubeconfig | -o) kubeconfig=$value ;;
    --write-kubeconfig-mode) kubeconfig_mode=$value ;;
    --disable) disabled+="$value," ;;
    --bind-address) bind=$value ;;
    --https-listen-port) port=$value ;;
    --node-name) node=$value ;;
    --node-ip | --advertise-address) ip=$value ;;
    --data-dir | -d) data=$value ;;
    --kubelet-arg) kubelet_args+=("--$value") ;;
    --kube-apiserver-arg) apiserver_args+=("--$value") ;;
    --egress-selector-mode | --flannel-backend | --snapshotter | --token | --log | -v | --write-kubeconfig-group) ;;
    *) fail "flag provided but not defined: $flag" ;;
  esac
done

# --- the ground: cgroups, mounts, network

ip=${ip:-$(ip -4 -o address show scope global | awk '{ sub("/.*", "", $4); print $4; exit }')}
[ -n "$ip" ] || fail "the container has no network"

# Under cgroup v2 only a group without processes can hand its controllers to others.
if [ -w /sys/fs/cgroup/cgroup.subtree_control ]; then
  mkdir -p /sys/fs/cgroup/init
  while read -r process; do echo "$process" > /sys/fs/cgroup/init/cgroup.procs 2>/dev/null || true; done < /sys/fs/cgroup/cgroup.procs
  for controller in $(cat /sys/fs/cgroup/cgroup.controllers); do
    echo "+$controller" > /sys/fs/cgroup/cgroup.subtree_control 2>/dev/null || true
  done
fi

mount --make-rshared /
mkdir -p "$data" /var/lib/kubelet /run/k3s
# Overlay mounts cannot lie on an overlay: what the container's start gave no volume for gets one in memory.
for folder in "$data" /var/lib/kubelet /run/k3s; do
  [ "$(stat -f -c %T "$folder")" != overlayfs ] || mount -t tmpfs tmpfs "$folder"
done

tls=$data/server/tls etc=$data/agent/etc logs=/var/log/k3s
socket=/run/k3s/containerd/containerd.sock
mkdir -p "$tls" "$etc/cni" "$etc/certs.d" "$logs" "${kubeconfig%/*}"
/bin/egress.sh "$pods"

# --- certificates: the authority lasts as long as the state, the rest is made for this start's addresses

cd "$tls"
new_key() { openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1"; }
[ -f ca.key ] || new_key ca.key
[ -f service.key ] || new_key service.key
openssl pkey -in service.key -pubout -out service.pub
[ -f ca.crt ] || openssl req -x509 -key ca.key -subj "/CN=k3s-server-ca" -days 3650 -out ca.crt
# sign NAME SUBJECT EXTENSIONS
sign() {
  new_key "$1.key"
  openssl req -new -key "$1.key" -subj "$2" |
    openssl x509 -req -CA ca.crt -CAkey ca.key -CAcreateserial -days 365 -extfile <(echo "$3") -out "$1.crt" 2>/dev/null
}
alternatives="IP:127.0.0.1,IP:$api_service,IP:$ip,DNS:localhost,DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc,DNS:kubernetes.default.svc.cluster.local,DNS:$(hostname)"
for name in ${names[*]} $bind; do
  case "$name" in
    *[!0-9.]*) alternatives+=",DNS:$name" ;;
    *) alternatives+=",IP:$name" ;;
  esac
done
sign apiserver /CN=kube-apiserver "subjectAltName=$alternatives"
sign admin /O=system:masters/CN=system:admin "extendedKeyUsage=clientAuth"

# write_kubeconfig FILE HOST MODE
write_kubeconfig() {
  cat > "$1.part" << EOF
apiVersion: v1
kind: Config
clusters:
- name: default
  cluster:
    server: https://$2:$port
    certificate-authority-data: $(base64 -w0 ca.crt)
contexts:
- name: default
  context:
    cluster: default
    user: default
current-context: default
users:
- name: default
  user:
    client-certificate-data: $(base64 -w0 admin.crt)
    client-key-data: $(base64 -w0 admin.key)
EOF
  chmod "$3" "$1.part"
  mv "$1.part" "$1"
}
local=${bind:-127.0.0.1}
[ "$local" != 0.0.0.0 ] || local=127.0.0.1
write_kubeconfig "$etc/admin.yaml" "$local" 600
write_kubeconfig "$kubeconfig" "$local" "$kubeconfig_mode"
export KUBECONFIG=$etc/admin.yaml

# --- settings

[ ! -f /etc/rancher/k3s/registries.yaml ] || registries /etc/rancher/k3s/registries.yaml "$etc/certs.d"

cat > "$etc/cni/10-bridge.conflist" << EOF
{
  "cniVersion": "1.0.0", "name": "cbr0",
  "plugins": [
    { "type": "bridge", "bridge": "cni0", "isGateway": true, "ipMasq": true, "hairpinMode": true,
      "ipam": { "type": "host-local", "ranges": [[{ "subnet": "$pods" }]], "routes": [{ "dst": "0.0.0.0/0" }] } },
    { "type": "portmap", "capabilities": { "portMappings": true } }
  ]
}
EOF

cat > "$etc/containerd.toml" << EOF
version = 2
root = "$data/agent/containerd"
state = "/run/k3s/containerd"
[grpc]
  address = "$socket"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "registry.k8s.io/pause:3.10"
  # Lowering it takes CAP_SYS_RESOURCE, which not every machine gives a container.
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "$etc/cni"
  [plugins."io.containerd.grpc.v1.cri".registry]
    config_path = "$etc/certs.d"
EOF

# No name server: what is not in the cluster does not resolve.
echo "search ." > "$etc/resolv.conf"
cat > "$etc/kubelet.yaml" << EOF
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
cgroupDriver: cgroupfs
cgroupsPerQOS: false
enforceNodeAllocatable: []
authentication:
  anonymous: { enabled: false }
  webhook: { enabled: true }
  x509: { clientCAFile: $tls/ca.crt }
authorization: { mode: AlwaysAllow }
clusterDNS: [$dns_service]
clusterDomain: cluster.local
resolvConf: $etc/resolv.conf
containerRuntimeEndpoint: unix://$socket
failSwapOn: false
oomScoreAdj: 0
imageGCHighThresholdPercent: 100
evictionHard: { nodefs.available: "0%", imagefs.available: "0%", memory.available: "0%" }
serializeImagePulls: false
EOF

# --- start

start() {
  local name=$1
  shift
  "$@" > "$logs/$name.log" 2>&1 &
  components[$!]=$name
}
declare -A components
trap 'kill $(jobs -p) 2>/dev/null; exit 0' TERM INT

# One component's end is the node's.
all_alive() {
  local process
  for process in "${!components[@]}"; do
    kill -0 "$process" 2>/dev/null && continue
    tail -n 20 "$logs/${components[$process]}.log" >&2
    fail "${components[$process]} ended"
  done
}

wait_for() {
  until "$@" > /dev/null 2>&1; do
    all_alive
    sleep 0.2
  done
}

import_images() {
  local image
  for image in pause coredns metrics-server; do /bin/k3s ctr images import "/usr/share/k3s/images/$image.tar"; done
  for image in /usr/share/k3s/images/*.tar "$data"/agent/images/*.tar; do
    case "$image" in */pause.tar | */coredns.tar | */metrics-server.tar | *'*'*) ;; *) /bin/k3s ctr images import "$image" ;; esac
  done
}

start containerd containerd --config "$etc/containerd.toml"
start etcd etcd --data-dir "$data/server/db" --unsafe-no-fsync --listen-client-urls http://127.0.0.1:2379 --advertise-client-urls http://127.0.0.1:2379 --listen-peer-urls http://127.0.0.1:2380
start kube-apiserver kube-apiserver \
  --etcd-servers=http://127.0.0.1:2379 --bind-address="${bind:-0.0.0.0}" --secure-port="$port" --advertise-address="$ip" \
  --service-cluster-ip-range="$services" --authorization-mode=Node,RBAC --allow-privileged=true \
  --client-ca-file=ca.crt --tls-cert-file=apiserver.crt --tls-private-key-file=apiserver.key \
  --service-account-issuer=https://kubernetes.default.svc.cluster.local --service-account-key-file=service.pub --service-account-signing-key-file=service.key \
  --kubelet-preferred-address-types=InternalIP --kubelet-client-certificate=admin.crt --kubelet-client-key=admin.key \
  --requestheader-client-ca-file=ca.crt --requestheader-allowed-names= --requestheader-username-headers=X-Remote-User \
  --requestheader-group-headers=X-Remote-Group --requestheader-extra-headers-prefix=X-Remote-Extra- \
  --proxy-client-cert-file=admin.crt --proxy-client-key-file=admin.key \
  --endpoint-reconciler-type=master-count "${apiserver_args[@]}"

wait_for /bin/k3s ctr version
import_images > "$logs/images.log" 2>&1 &
wait_for kubectl get --raw /readyz

# State that another container left: its node is gone, with its pods.
wait_for kubectl delete nodes --field-selector="metadata.name!=$node"
wait_for kubectl delete pods --all-namespaces --field-selector="spec.nodeName!=$node" --force

start kube-controller-manager kube-controller-manager --kubeconfig="$KUBECONFIG" --leader-elect=false --cluster-cidr="$pods" \
  --service-account-private-key-file=service.key --root-ca-file=ca.crt --cluster-signing-cert-file=ca.crt --cluster-signing-key-file=ca.key
start kube-scheduler kube-scheduler --kubeconfig="$KUBECONFIG" --leader-elect=false
start kube-proxy kube-proxy --kubeconfig="$KUBECONFIG" --proxy-mode=iptables --cluster-cidr="$pods" --hostname-override="$node" --conntrack-max-per-core=0 --oom-score-adj=0
start kubelet kubelet --config="$etc/kubelet.yaml" --kubeconfig="$KUBECONFIG" --hostname-override="$node" --node-ip="$ip" "${kubelet_args[@]}"

for manifest in /usr/share/k3s/manifests/*.yaml; do
  addon=${manifest##*/}
  case "$disabled" in *",${addon%.yaml},"*) continue ;; esac
  sed "s/DNS_SERVICE/$dns_service/" "$manifest" | kubectl apply --filename=- > "$logs/manifests.log" 2>&1 || fail "$(cat "$logs/manifests.log")"
done
echo "k3s is up and running at $ip:$port"

while all_alive; do
  sleep 2 &
  wait $!
done

# Runs once, in the build.
set -eu
busybox --install -s /usr/bin 2>/dev/null || true
printf 'root:x:0:0:root:/root:/bin/sh\n' > /etc/passwd
printf 'root:x:0:\n' > /etc/group
for component in kube-apiserver kube-controller-manager kube-scheduler kube-proxy kubelet kubectl registries; do
  ln -s kubernetes "/usr/local/bin/$component"
done
for command in iptables iptables-save iptables-restore; do ln -sf xtables-nft-multi "/usr/sbin/$command"; done
for command in ip6tables ip6tables-save ip6tables-restore; do ln -sf xtables-nft-multi "/usr/sbin/$command"; done
rm -rf /var/run
ln -s /run /var/run
mkdir -p /root /tmp /etc/rancher/k3s
chmod 1777 /tmp
chmod 755 /bin/k3s /bin/server.sh /bin/egress.sh
rm "$0"

#!/bin/sh
# No traffic of the node or its pods leaves the machine: new connections go to the
# pods and to the networks that the node stands in, anything else is refused. That
# refuses the Services' addresses as well as long as kube-proxy has no rule for them
# (a translated packet has another destination by the time it comes here).
set -eu
pods=$1

iptables -N LAB-EGRESS 2>/dev/null || iptables -F LAB-EGRESS
allow() { iptables -A LAB-EGRESS "$@" -j RETURN; }
allow -m conntrack --ctstate ESTABLISHED,RELATED
allow -m addrtype --dst-type LOCAL
allow -d "$pods"
ip -4 -o route show scope link | while read -r network _; do allow -d "$network"; done
iptables -A LAB-EGRESS -j REJECT
for chain in OUTPUT FORWARD; do
  iptables -C "$chain" -j LAB-EGRESS 2>/dev/null || iptables -I "$chain" -j LAB-EGRESS
done

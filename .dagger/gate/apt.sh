#!/bin/sh
# Installs system packages by apt, in one step: apt-get update succeeds without the lists of a mirror that did not answer, and lists
# grow old. An engine that kept a step of their own would give them to later calls.
set -e
apt-get update
apt-get install --yes --no-install-recommends "$@"

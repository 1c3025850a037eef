#!/bin/sh
# What is no command is an argument of node's, as in the official image.
if ! command -v "${1:-}" >/dev/null 2>&1 || [ "${1#-}" != "$1" ]; then
  set -- node "$@"
fi
exec "$@"

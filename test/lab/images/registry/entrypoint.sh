#!/bin/sh
# A configuration file alone is served; a subcommand is the registry's.
case "${1:-}" in
  *.yml | *.yaml) set -- registry serve "$@" ;;
  serve | garbage-collect | help | -*) set -- registry "$@" ;;
esac
exec "$@"

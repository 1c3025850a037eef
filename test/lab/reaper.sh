#!/bin/sh
# Standard input ends when the guarded process is gone; then the command runs.
cat > /dev/null
exec "$@"

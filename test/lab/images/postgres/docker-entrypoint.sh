#!/bin/sh
# Creates the database cluster when PGDATA has none, then becomes the server.
# Environment as in the official image: POSTGRES_USER, POSTGRES_PASSWORD(_FILE),
# POSTGRES_DB, POSTGRES_INITDB_ARGS, POSTGRES_HOST_AUTH_METHOD.
set -eu

case "${1:-}" in -*) set -- postgres "$@" ;; esac
[ "$1" = postgres ] || exec "$@"

if [ "$(id -u)" = 0 ]; then
  mkdir -p "$PGDATA" /run/postgresql
  chown -R postgres:postgres "$PGDATA" /run/postgresql
  chmod 700 "$PGDATA"
  exec setpriv --reuid=postgres --regid=postgres --clear-groups -- "$0" "$@"
fi

create() {
  user=${POSTGRES_USER:-postgres}
  database=${POSTGRES_DB:-$user}
  method=${POSTGRES_HOST_AUTH_METHOD:-scram-sha-256}
  password=${POSTGRES_PASSWORD:-}
  [ -z "${POSTGRES_PASSWORD_FILE:-}" ] || password=$(cat "$POSTGRES_PASSWORD_FILE")
  if [ -z "$password" ] && [ "$method" != trust ]; then
    echo "Database is uninitialized and superuser password is not specified: set POSTGRES_PASSWORD (or POSTGRES_HOST_AUTH_METHOD=trust)." >&2
    exit 1
  fi

  # Only the owner's Unix socket answers until everything is in place.
  secret=$(mktemp)
  printf '%s\n' "$password" > "$secret"
  # shellcheck disable=SC2086 # several arguments in one variable, as in the official image
  initdb --username="$user" ${password:+--pwfile="$secret"} --auth=trust ${POSTGRES_INITDB_ARGS:-} >&2
  rm "$secret"
  printf 'host all all all %s\n' "$method" >> "$PGDATA/pg_hba.conf"
  printf "listen_addresses = '*'\n" >> "$PGDATA/postgresql.conf"

  pg_ctl start --silent --wait --options="-c listen_addresses=''" >&2
  sql() { psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --username="$user" "$@"; }
  if [ "$database" != postgres ]; then
    printf 'CREATE DATABASE :"name";\n' | sql --dbname=postgres --set=name="$database"
  fi
  for script in /docker-entrypoint-initdb.d/*; do
    case "$script" in
      *.sh) sh "$script" ;;
      *.sql) sql --dbname="$database" --file="$script" ;;
      *.sql.gz) gunzip -c "$script" | sql --dbname="$database" ;;
    esac
  done
  pg_ctl stop --silent --wait --mode=fast
  echo "PostgreSQL init process complete; ready for start up." >&2
}

[ -s "$PGDATA/PG_VERSION" ] || create
exec "$@"

# Runs once, in the build.
set -eu
printf 'root:x:0:0:root:/root:/bin/sh\npostgres:x:70:70:PostgreSQL:/var/lib/postgresql:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n' > /etc/passwd
printf 'root:x:0:\npostgres:x:70:\nnogroup:x:65534:\n' > /etc/group
for program in /usr/lib/postgresql/17/bin/*; do ln -sf "$program" /usr/local/bin/; done
mkdir -p /root /tmp /docker-entrypoint-initdb.d /var/lib/postgresql/data /run/postgresql
chmod 1777 /tmp
chown -R postgres:postgres /var/lib/postgresql /run/postgresql
chmod 700 /var/lib/postgresql/data
chmod 3777 /run/postgresql
chmod 755 /usr/local/bin/docker-entrypoint.sh
rmdir /var/run
ln -s /run /var/run
rm "$0"

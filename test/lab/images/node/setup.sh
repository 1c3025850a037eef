# Runs once, in the build.
set -eu
cd /usr/local
mv /opt/node/package/bin/node bin/node
rm -r /opt/node
mv lib/node_modules/package lib/node_modules/npm
rm -rf lib/node_modules/npm/man lib/node_modules/npm/docs
ln -s ../lib/node_modules/npm/bin/npm-cli.js bin/npm
ln -s ../lib/node_modules/npm/bin/npx-cli.js bin/npx
chmod 755 bin/addgroup bin/adduser bin/apk bin/next-id bin/docker-entrypoint.sh lib/node_modules/npm/bin/np*-cli.js
printf 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\nnode:x:1000:1000::/home/node:/bin/sh\n' > /etc/passwd
printf 'root:x:0:\nnogroup:x:65534:\nnode:x:1000:\n' > /etc/group
mkdir -p /root /home/node /tmp
chmod 1777 /tmp
chown 1000:1000 /home/node
rm "$0"

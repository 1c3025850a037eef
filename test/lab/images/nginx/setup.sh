# Runs once, in the build.
set -eu
printf 'root:x:0:0:root:/root:/bin/sh\nnginx:x:101:101:nginx:/nonexistent:/bin/false\n' > /etc/passwd
printf 'root:x:0:\nnginx:x:101:\n' > /etc/group
mv /tmp/nginx.conf /etc/nginx/nginx.conf
rm -rf /etc/nginx/conf.d /etc/nginx/sites-available /etc/nginx/sites-enabled /etc/nginx/modules-enabled
mkdir -p /etc/nginx/conf.d
chmod 1777 /tmp
rm "$0"

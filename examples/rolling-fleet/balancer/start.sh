# Every address that is reserved for the fleet is an upstream, with a guest or without one. FIRST is where the first guest serves, an output of
# the fleet.
address=${FIRST%:*}
index=0
while [ "$index" -lt "$ROOM" ]; do
    echo "server ${address%.*}.$((${address##*.} + index)):${FIRST##*:} max_fails=2 fail_timeout=10s;"
    index=$((index + 1))
done > /tmp/guests
exec nginx -c /data/nginx.conf

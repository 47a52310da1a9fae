#!/usr/bin/env bash
#  SPDX-License-Identifier: MPL-2.0
#  daffi_conformance: the controller and the clients keep to the protocol, and whoever does
#  not is found out.
#  shellcheck source=tests/cli/daffi.bash disable=SC2016,SC2031
. "$(dirname "${BASH_SOURCE[0]}")/daffi.bash"

patience=60

controller () {
    for place in "--host 127.0.0.1" ""; do
        #  shellcheck disable=SC2086
        start --settle 0 $place
        gives 0 conformance "$endpoint"
        never_says out BROKEN
        [[ $(grep -c '^ok' out) == 31 ]] || fail "not 31 rules"
        gives 0 conformance "$endpoint" --json
        [[ $(grep -c '"verdict": "ok"' out) == 31 ]] || fail "not 31 rules in JSON"
    done
}
proves "our controller keeps every rule, over TCP and a UNIX socket" controller

#  client COMMAND…: what it finds of a client, in out; $code.
options=()
check_client () {
    mkdir -m 700 -p place
    "$daffi" conformance --client "ipc://$PWD/place/.sock" "${options[@]}" >out 2>err &
    local judge=$!
    "$@" >client.out 2>&1 &
    pids+=("$!")
    code=0
    wait "$judge" || code=$?
}

c_client () {
    check_client "$daffi" serve upper --unix-sock-path "$PWD/place" -- tr a-z A-Z
    [[ $code == 0 ]] || fail "exit code $code"
    [[ $(grep -c '^ok' out) == 17 ]] || fail "not 17 rules"
    grep -qE '^skip +a stream' out || fail "it has no function for that"
    says out "17 rules are kept, 2 were not tried"
}
proves "the C client keeps every rule" c_client

small_client () {
    /usr/bin/python3 -c 'import zmq, msgpack' || skip "no python3-zmq or python3-msgpack"
    awk '/^```python$/ { inside = 1; next } /^```$/ { inside = 0 } inside' \
        "$source/node/wire/PROTOCOL.md" >small.py
    options=(--patience 300ms)
    check_client /usr/bin/python3 small.py "ipc://$PWD/place/.sock"
    [[ $code == 1 ]] || fail "exit code $code"
    grep -qE '^ok +HELLO says a name' out || fail "its HELLO is right"
    grep -qE '^BROKEN +it has \$node.ping' out || fail "it has no \$node.ping"
    says err "rules are broken"
}
proves "a client that leaves out what it should have is found out" small_client

#  It connects twice while nobody answers, and hears only on the second connection.
hasty_client () {
    /usr/bin/python3 -c 'import zmq, msgpack' || skip "no python3-zmq or python3-msgpack"
    cat >hasty.py <<'END'
import os, sys, time, msgpack, zmq

INCARNATION = os.urandom (16)

def connect ():
    dealer = zmq.Context.instance ().socket (zmq.DEALER)
    dealer.connect (sys.argv[1])
    body = msgpack.packb ({"min": 1, "max": 1, "incarnation": INCARNATION, "functions": []})
    dealer.send (msgpack.packb ([1, 1, None, "hasty", None, len (body)]) + body)
    return dealer

dealer = connect ()
while True:
    if not dealer.poll (2200):
        dealer.close (linger=500)
        connect ().close (linger=500)
        time.sleep (0.2)
        dealer = connect ()
        continue
    unpacker = msgpack.Unpacker (strict_map_key=False)
    unpacker.feed (dealer.recv_multipart ()[0])
    try:
        for type, id, name, peer, ttl_ms, size, *options in unpacker:
            if size:
                unpacker.unpack ()
            if type == 16:
                dealer.send (msgpack.packb ([17, id, None, None, None, 0]))
    except Exception:
        pass    # some packets are wrong on purpose
END
    options=(--patience 1s)
    check_client /usr/bin/python3 hasty.py "ipc://$PWD/place/.sock"
    grep -qE '^ok +after the silence of timeout_ms it connects anew' out || fail "it was spoken to in vain"
}
proves "of several connections the last one is the client's" hasty_client

nobody () {
    gives 3 conformance --patience 300ms "ipc://$PWD/nobody"
    says out "BROKEN"
    says err "nobody at ipc://$PWD/nobody speaks this protocol"
    gives 2 conformance
    for each in tcp:// tcp://localhost tcp://:8888 ipc:// localhost:8888; do
        gives 2 conformance "$each"
        says err "is no endpoint"
    done
}
proves "where nobody is, it ends with exit code 3" nobody

summary

#!/bin/sh
# Makes the files of this folder anew, with a time-stamping authority of its own: sh tests/ledger/stamped/make.sh
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
(cd ../../.. && .venv/bin/python -c "
from pathlib import Path
from interp_core import ledger
from tests.ledger.rows import locked
ledger.write_lock(Path('tests/ledger/stamped/claims.lock'), ledger.register(ledger.Lock(), [locked()], reason='').lock)
ledger.write_request(Path('tests/ledger/stamped/claims.lock'))
")
cat >"$work/openssl.cnf" <<CNF
[tsa]
serial = $work/serial
signer_digest = sha256
digests = sha256, sha512, sha1
default_policy = 1.2.3.4.1
other_policies = 1.2.3.4.2
CNF
for name in authority other; do
    openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj "/O=Test root $name" -keyout "$work/$name.key" -out "$work/$name.pem"
done
openssl req -newkey rsa:2048 -nodes -subj "/O=Test authority/CN=Time stamps" -keyout "$work/tsa.key" -out "$work/tsa.csr"
echo "extendedKeyUsage = critical, timeStamping" >"$work/tsa.ext"
openssl x509 -req -in "$work/tsa.csr" -CA "$work/authority.pem" -CAkey "$work/authority.key" -CAcreateserial -days 3650 \
    -extfile "$work/tsa.ext" -out "$work/tsa.pem"
echo 01 >"$work/serial"
reply() {
    openssl ts -reply -config "$work/openssl.cnf" -section tsa -queryfile "$1" -signer "$work/tsa.pem" -inkey "$work/tsa.key" \
        -out "$2"
}
reply claims.lock.tsq claims.lock.tsr
openssl ts -query -data claims.lock -sha1 -cert -no_nonce -out "$work/sha1.tsq"
reply "$work/sha1.tsq" sha1.tsr
openssl ts -query -data claims.lock -sha256 -no_nonce -out "$work/bare.tsq"
reply "$work/bare.tsq" without_certificate.tsr
openssl ts -query -data claims.lock -sha256 -tspolicy 1.2.3.4.9 -cert -no_nonce -out "$work/policy.tsq"
reply "$work/policy.tsq" rejected.tsr
cp "$work/authority.pem" claims.lock.pem
cp "$work/other.pem" other.pem

#!/bin/sh
# Makes the certificates of these tests. One key signs and serves; no program trusts it.
set -eu
cd "$(dirname "$0")"
openssl ecparam -name prime256v1 -genkey -noout -out key.tmp
make() { # file, subject alternative names, first and last day, issuer (empty: itself)
    openssl req -new -key key.tmp -subj "/CN=Sora Desktop tests: $1" -out request.tmp
    printf 'subjectAltName=%s\nbasicConstraints=CA:%s\n' "$2" "$([ "$1" = authority ] && echo TRUE || echo FALSE)" > extensions.tmp
    : > index.tmp
    : > index.tmp.attr
    printf '[ca]\ndefault_ca=own\n[own]\ndatabase=index.tmp\nnew_certs_dir=.\nrand_serial=yes\ndefault_md=sha256\npolicy=any\nunique_subject=no\n[any]\ncommonName=supplied\n' > ca.tmp
    if [ "$5" ]; then issuer="-cert $5.pem"; else issuer="-selfsign"; fi
    openssl ca -config ca.tmp -batch -notext -keyfile key.tmp $issuer -in request.tmp -startdate "$3" -enddate "$4" \
        -extfile extensions.tmp -out "$1.pem"
    [ "$1" = authority ] || cat key.tmp >> "$1.pem"
}
make authority DNS:authority.example 20200101000000Z 21990101000000Z ""
make good DNS:localhost,IP:127.0.0.1 20200101000000Z 21990101000000Z authority
make expired DNS:localhost,IP:127.0.0.1 20200101000000Z 20210101000000Z authority
make future DNS:localhost,IP:127.0.0.1 21980101000000Z 21990101000000Z authority
make other_name DNS:elsewhere.example 20200101000000Z 21990101000000Z authority
make self_signed DNS:localhost,IP:127.0.0.1 20200101000000Z 21990101000000Z ""
rm -f ./*.tmp* [0-9A-F]*.pem

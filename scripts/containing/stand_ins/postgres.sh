# One user and one database, as the official image makes them from the same variables.
set -eu
data=/var/lib/postgresql/data
if [ ! -s "$data/PG_VERSION" ]; then
    printf '%s' "$POSTGRES_PASSWORD" > /tmp/password
    initdb --pgdata="$data" --username="$POSTGRES_USER" --pwfile=/tmp/password --encoding=UTF8 --locale=C \
        --auth-local=trust --auth-host=scram-sha-256
    rm /tmp/password
    printf 'host all all all scram-sha-256\n' >> "$data/pg_hba.conf"
    pg_ctl --pgdata="$data" --wait --options='-c listen_addresses=' start
    [ "$POSTGRES_DB" = postgres ] || createdb --username="$POSTGRES_USER" --maintenance-db=postgres "$POSTGRES_DB"
    pg_ctl --pgdata="$data" --wait stop
fi
exec postgres -D "$data" -c 'listen_addresses=*'

# PostgreSQL for tests on a cluster: without rights, on a read-only file system, its data on a volume.
#   docker build --file tests/cluster/postgres.Dockerfile --tag localhost/credence/postgres:dev tests/cluster
ARG BASE=docker.io/library/python:3.11-slim-bookworm
FROM ${BASE}
# initdb wants a user with a name; who comes by the network says a password
RUN apt-get update \
    && apt-get install --yes --no-install-recommends postgresql \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/log/* /var/lib/postgresql/* \
    && ln -s /usr/lib/postgresql/*/bin /postgresql \
    && useradd --uid 10001 --home-dir /tmp --no-create-home --shell /usr/sbin/nologin database \
    && printf 'local all all trust\nhost all all all scram-sha-256\n' > /etc/pg_hba.conf
ENV PATH=/postgresql:$PATH PGDATA=/var/lib/postgresql/data PGHOST=/tmp PGUSER=postgres
USER 10001
# to end at once, not when the last client has gone
STOPSIGNAL SIGINT
CMD ["sh", "-ec", "test -e $PGDATA/PG_VERSION || initdb --username=$PGUSER --auth=trust --encoding=UTF8; \
exec postgres -c hba_file=/etc/pg_hba.conf -c listen_addresses='*' -c unix_socket_directories=$PGHOST"]

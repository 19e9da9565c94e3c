#!/usr/bin/python3
"""Measure the goals and print a table of them; run by "make bench" beside a
private server, which is restarted with settings of its own.
usage: run.py [scans] [lists] [requests] [comparison] [memory]

Without arguments it measures all of them. Exit status: 1 when a result is worse
than twice its goal."""

import subprocess
import sys
from pathlib import Path

import psycopg

import comparison
import lists
import memory
import requests
import scans
from bench import Report, progress

# The table and its indexes fit into shared buffers; nothing runs beside a query
# but what the benchmark starts.
SETTINGS = {
    'shared_buffers': '512MB',
    'max_wal_size': '4GB',
    'jit': 'off',
    'max_parallel_workers_per_gather': '0',
    'autovacuum': 'off',
    'synchronous_commit': 'off',
    'fsync': 'off',
}
GROUPS = {module.__name__: module for module in (scans, lists, requests, comparison, memory)}
DATABASES = {'small': (10, 100), 'large': (10_000, 1_000_000)}  # roles, users
DOCUMENTS = 1_000_000


def restart_server():
    with psycopg.connect() as connection:
        directory = connection.execute('SHOW data_directory').fetchone()[0]
    options = ' '.join(f'-c {name}={value}' for name, value in SETTINGS.items())
    subprocess.run(['pg_ctl', 'restart', '-s', '-w', '-D', directory, '-o', options,
                    '-l', f'{directory}/bench.log'], check=True)


def load(database, script, **variables):
    subprocess.run(['psql', '-Xq', '-v', 'ON_ERROR_STOP=1', '-o', '/dev/null', '-d', database,
                    *(f'-v{name}={value}' for name, value in variables.items()),
                    '-f', Path(__file__).with_name(script)], check=True)


def set_up():
    restart_server()
    for database, (roles, users) in DATABASES.items():
        progress(f'loading {roles} roles and {users} users')
        subprocess.run(['createdb', database], check=True)
        load(database, 'organization.sql', roles=roles, users=users)
    progress(f'loading {DOCUMENTS} documents')
    load('large', 'documents.sql', documents=DOCUMENTS)
    load('large', 'peers.sql')
    load('large', 'web.sql')


def main(names):
    groups = [GROUPS[name] for name in names or GROUPS]
    set_up()
    report = Report()
    for group in groups:
        group.measure(report)
    print(report.table())
    sys.exit(0 if report.is_tolerable() else 1)


main(sys.argv[1:])

#!/usr/bin/python3
"""Look for a way to get more rights than anybody gave: random administrative
calls, judged by a model; see README.md here. Run beside a private server.
usage: run.py [--walks N] [--seed N] [--self-test]

Walks have the seeds from --seed on; there are 6 of them, or as many as
RBAC_MODEL_WALKS says. --self-test goes on to show that planted mistakes are
found. Prints TAP."""

import argparse
import os

import psycopg

import mutations
from judge import Judge, Violation

STEPS = 300  # of a walk
SESSIONS, CONCURRENT_STEPS = 4, 100
PLANS = {  # of walks that look for planted mistakes
    mutations.SEQUENTIAL: (200, 0, False),
    mutations.AUDITED: (200, 0, True),
    mutations.RACE: (30, 150, True),
}
TRIES = 10  # walks that may look for one planted mistake
DATABASE = 'rbac_model'
ATTRIBUTES = '{"region": "string", "owner": "string", "workspace_id": "string", "project_id": "string"}'


class Tap:
    def __init__(self):
        self.n = self.failed = 0

    def result(self, is_ok, name, problem=''):
        self.n += 1
        self.failed += not is_ok
        print(f'{"ok" if is_ok else "not ok"} {self.n} - {name}', flush=True)
        for line in problem.splitlines():
            print(f'# {line}', flush=True)

    def end(self):
        print(f'1..{self.n}')
        return self.failed > 0


def make_database(name):
    with psycopg.connect(autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE {name}')
    with psycopg.connect(dbname=name, autocommit=True) as connection:
        connection.execute('CREATE EXTENSION rbac')
        for action in ('Read', 'Write'):
            connection.execute('SELECT rbac.define_permission(%s, %s)', (f'Doc:{action}', ATTRIBUTES))


def walk(judge, steps=STEPS, concurrent_steps=CONCURRENT_STEPS, is_audited=True):
    judge.begin()
    judge.walk(steps)
    if concurrent_steps:
        judge.walk_concurrently(SESSIONS, concurrent_steps)
    if is_audited:
        judge.judge_audit()


def search(tap, seed):
    judge = Judge(DATABASE, seed)
    try:
        walk(judge)
        tap.result(True, f'seed {seed}: {judge.done} calls done, {judge.refused} refused, '
                         f'{judge.concurrent} done concurrently')
    except Violation as violation:
        tap.result(False, f'seed {seed}', str(violation))


def find(mutation):
    """What the search says of a planted mistake; None if it finds nothing."""
    for seed in range(1, TRIES + 1):
        try:
            with mutations.planted(DATABASE, mutation):
                walk(Judge(DATABASE, seed, mutation.focus), *PLANS[mutation.kind])
        except Violation as violation:
            return str(violation)
    return None


def self_test(tap):
    for mutation in mutations.MUTATIONS:
        found = find(mutation)
        tap.result(found is not None, f'found: {mutation.problem}', found or '')


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--walks', type=int, default=int(os.environ.get('RBAC_MODEL_WALKS', 6)))
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--self-test', action='store_true')
    arguments = parser.parse_args()
    tap = Tap()
    make_database(DATABASE)
    for seed in range(arguments.seed, arguments.seed + arguments.walks):
        search(tap, seed)
    if arguments.self_test:
        self_test(tap)
    raise SystemExit(tap.end())


if __name__ == '__main__':
    main()

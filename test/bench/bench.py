"""Sessions, processor time, interleaved rounds and the report: what every group
of goals uses, and nothing about any of them."""

import os
import statistics
import sys
import time

import psycopg

ROUNDS = 7


class Session:
    """A connection, of which every statement is prepared, and its backend."""

    def __init__(self, database, user='postgres', role=None, organization=None, user_id=None):
        self.connection = psycopg.connect(dbname=database, user=user, autocommit=True,
                                          prepare_threshold=0)
        self.pid = self.connection.info.backend_pid
        if role:
            self.connection.execute(f'SET ROLE {role}')
        if user_id:
            self.connection.execute("SELECT set_config('app.user_id', %s, false)", [user_id])
        if organization:
            self.connection.execute('SELECT rbac.set_caller(%s, %s, false)', [organization, user_id])

    def share_processor(self):
        """Pin this backend and us to one processor. A short statement otherwise
        costs three to ten times as much, depending on which idle processors
        the kernel wakes up for it."""
        processor = {min(os.sched_getaffinity(0))}
        os.sched_setaffinity(0, processor)
        os.sched_setaffinity(self.pid, processor)
        return self

    def run(self, query, parameters=None):
        return self.connection.execute(query, parameters)

    def command(self, query):
        """Without a prepared statement, as drivers send BEGIN and COMMIT."""
        self.connection.execute(query, prepare=False)

    def value(self, query, parameters=None):
        return self.run(query, parameters).fetchone()[0]

    def processor_time(self):
        """Nanoseconds the backend has run; it is let go to sleep before, since
        the kernel counts the current slice only when it ends."""
        time.sleep(0.001)
        with open(f'/proc/{self.pid}/schedstat') as file:
            return int(file.read().split()[0])

    def cost(self, work, times=1):
        """Processor time of this backend for one of so many calls of work()."""
        before = self.processor_time()
        for _ in range(times):
            work()
        return (self.processor_time() - before) / times


def interleave(variants, rounds=ROUNDS):
    """Measure each variant, a function that returns its cost, once a round, in
    turns of alternating direction, after a round that does not count."""
    costs = {name: [] for name in variants}
    for turn in range(rounds + 1):
        for name in list(variants)[::1 if turn % 2 else -1]:
            cost = variants[name]()
            if turn > 0:
                costs[name].append(cost)
    return costs


def ratio(costs, name, base):
    """Median of what the rounds, each on its own, say."""
    return statistics.median(a / b for a, b in zip(costs[name], costs[base]))


def progress(text):
    print(f'... {text}', file=sys.stderr, flush=True)


class Report:
    """Lines of the table. A goal is a limit that a measured value is not to
    exceed; a line without one is there to compare with."""

    def __init__(self):
        self.lines = []

    def add(self, goal, what, measured, unit='x', limit=None):
        self.lines.append((goal, what, measured, unit, limit))
        progress(f'{goal} {what}: {self.number(measured, unit)}')

    @staticmethod
    def number(value, unit):
        return f'{value:.0f} {unit}' if value >= 100 else f'{value:.2f} {unit}'

    def table(self):
        rows = ['| # | what | must be | measured | |', '|---|---|---|---|---|']
        for goal, what, measured, unit, limit in sorted(self.lines, key=lambda line: line[0]):
            must_be = '' if limit is None else f'<= {limit:g} {unit}'
            verdict = '' if limit is None else 'met' if measured <= limit else 'not met'
            rows.append(f'| {goal} | {what} | {must_be} | {self.number(measured, unit)} | {verdict} |')
        return '\n'.join(rows)

    def is_tolerable(self):
        return all(limit is None or measured <= 2 * limit
                   for _, _, measured, _, limit in self.lines)

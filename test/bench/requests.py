"""Goals 5, 6, 7 and 9: one check at a time, in few and in many roles and users,
and while grants change."""

import itertools
import json
import statistics
import threading

from bench import Session, interleave, progress, ratio

CHECK = "SELECT rbac.has_permission('Document:Read', 'region', %s::text, 'status', 'open')"
TRIVIAL = 'SELECT %s::text'
CLAIMS = "SELECT set_config('role', %s, true), set_config('request.jwt.claims', %s, true)"
TIMES = 300
ROUNDS = 15
USERS = {'small': range(1, 101), 'large': range(1, 997_001, 997)}


def repeated(session, query):
    """Goal 5: the cost of one execution of a warm prepared statement."""
    session.share_processor()
    return lambda: session.cost(lambda: session.run(query, ['region-1']), TIMES)


def checks(database):
    return repeated(Session(database, organization='crowd', user_id='user-1'), CHECK)


def requests(database, query):
    """Goal 6: the cost of a transaction as PostgREST runs it, of a user each."""
    session = Session(database, user='authenticator').share_processor()
    claims = itertools.cycle([json.dumps({'sub': f'user-{n}', 'org_id': 'crowd'}) for n in USERS[database]])

    def request():
        session.command('BEGIN')
        session.run(CLAIMS, ['web', next(claims)])
        session.run(query, ['region-1'])
        session.command('COMMIT')
    return lambda: session.cost(request, TIMES)


def measure_requests(report):
    costs = interleave({
        'SELECT $1': repeated(Session('large'), TRIVIAL),
        'check': checks('large'),
        'check, small': checks('small'),
        'request with SELECT $1': requests('large', TRIVIAL),
        'request': requests('large', CHECK),
        'request, small': requests('small', CHECK),
    }, ROUNDS)
    report.add(5, 'one check in a prepared statement : SELECT $1', ratio(costs, 'check', 'SELECT $1'), limit=1.2)
    report.add(6, 'request of PostgREST, 1,000 users in turn : with SELECT $1',
               ratio(costs, 'request', 'request with SELECT $1'), limit=1.3)
    report.add(7, '5 with 10,000 roles and 1M users : 10 roles and 100 users',
               ratio(costs, 'check', 'check, small'), limit=1.15)
    report.add(7, '6 with 10,000 roles and 1M users : 10 roles and 100 users',
               ratio(costs, 'request', 'request, small'), limit=1.15)
    for goal, name in ((5, 'SELECT $1'), (5, 'check'), (6, 'request with SELECT $1'), (6, 'request')):
        report.add(goal, name, statistics.median(costs[name]) / 1000, 'us')


def measure_change(report, changes=100):
    """The first check after another session gave the caller's role other grants."""
    writer = Session('large')
    reader = Session('large', organization='crowd', user_id='user-1').share_processor()
    costs = []
    for n in range(changes):
        writer.run("SELECT rbac.modify_role('crowd', 'role-1', permission_grants => crowd_grants(%s))", [n])
        costs.append(reader.cost(lambda: reader.run(CHECK, ['region-1'])))
    report.add(9, 'next check after a grant changed', statistics.median(costs) / 1000, 'us', limit=100)


class Assigning:
    """While entered, another session assigns roles, so many a minute."""

    def __init__(self, database, a_minute):
        self.session = Session(database)
        self.pause = 60 / a_minute
        self.numbers = itertools.count()

    def __enter__(self):
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self.assign)
        self.thread.start()

    def __exit__(self, *exception):
        self.stop.set()
        self.thread.join()

    def assign(self):
        while not self.stop.wait(self.pause):
            n = next(self.numbers)
            self.session.run("SELECT rbac.assign_role('crowd', 'role-' || %s::integer %% 10000, 'user-2')", [n])


def measure_background(report):
    check = checks('large')
    assigning = Assigning('large', 1000)

    def check_meanwhile():
        with assigning:
            return check()
    costs = interleave({'quiet': check, 'busy': check_meanwhile}, ROUNDS)
    report.add(9, '5 while 1,000 assignments a minute are made : without',
               ratio(costs, 'busy', 'quiet'), limit=1.1)


def measure(report):
    progress('single checks')
    measure_requests(report)
    measure_change(report)
    measure_background(report)

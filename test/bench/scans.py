"""Goals 1 and 2: a policy on every row of a table."""

from bench import Session, interleave, progress, ratio

SCAN = 'SELECT count(*) FROM document'
SAMPLE_SCAN = 'SELECT count(*) FROM document_sample'


def scan(role, user_id=None, query=SCAN):
    """Every row is read, whatever the planner knows of an inlined predicate."""
    session = Session('large', role=role, user_id=user_id, organization=user_id and 'main')
    for method in ('indexscan', 'indexonlyscan', 'bitmapscan'):
        if query == SCAN:
            session.run(f'SET enable_{method} = off')
    return lambda: session.cost(lambda: session.run(query))


def measure_one_grant(report):
    costs = interleave({
        'none': scan('bench_no_policy'),
        'inlined': scan('bench_inlined'),
        'two': scan('bench_two', 'reader'),
        'four': scan('bench_four', 'reader'),
        'inlined_tenant': scan('bench_inlined_tenant'),
        'tenant': scan('bench_tenant', 'reader'),
    })
    report.add(1, 'scan of 1M rows, 2 conditions, the 2 attributes given : inlined', ratio(costs, 'two', 'inlined'), limit=1.25)
    report.add(1, 'the same, 4 attributes given : inlined', ratio(costs, 'four', 'inlined'), limit=1.25)
    report.add(1, 'the same, org_id given too : inlined with org_id', ratio(costs, 'tenant', 'inlined_tenant'), limit=1.25)
    report.add(1, 'no policy : inlined', ratio(costs, 'none', 'inlined'))


def measure_peers(report):
    """On a sample: they take microseconds a row."""
    costs = interleave({
        'inlined': scan('bench_inlined', query=SAMPLE_SCAN),
        'EXISTS, 1 grant': scan('bench_exists', 'reader', SAMPLE_SCAN),
        'EXISTS, 100 grants': scan('bench_exists', 'reader-100', SAMPLE_SCAN),
        'PL/pgSQL authorize(), no conditions': scan('bench_authorize', 'reader', SAMPLE_SCAN),
        'PL/pgSQL authorize(), conditions, 1 grant': scan('bench_authorize_conditions', 'reader', SAMPLE_SCAN),
        'PL/pgSQL authorize(), conditions, 10 grants': scan('bench_authorize_conditions', 'reader-10', SAMPLE_SCAN),
    }, rounds=5)
    for name in list(costs)[1:]:
        report.add(1, f'peer: {name} : inlined', ratio(costs, name, 'inlined'))


def measure_many_grants(report):
    costs = interleave({user: scan('bench_owner', user) for user in
                        ('reader-1', 'reader-10', 'reader-100', 'reader-1000', 'apart-1000', 'list-1000')}, rounds=5)
    for n in (10, 100, 1000):
        report.add(2, f'the same with {n} grants : 1 grant', ratio(costs, f'reader-{n}', 'reader-1'), limit=1.3)
    report.add(2, 'with 1,000 grants that share no condition : 1 grant', ratio(costs, 'apart-1000', 'reader-1'))
    report.add(2, 'with 1 grant and a list of 1,000 values : 1 grant', ratio(costs, 'list-1000', 'reader-1'))


def measure(report):
    progress('scans under a policy')
    measure_one_grant(report)
    measure_many_grants(report)
    measure_peers(report)

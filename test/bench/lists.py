"""Goals 3 and 4: queries without a filter, of a caller who may see few rows or all."""

from bench import Session, interleave, progress, ratio

# Kind, how often it runs in a round, and the query.
QUERIES = (
    ('list of 50', 100, 'SELECT * FROM document {} ORDER BY document_id LIMIT 50'),
    ('any 50', 100, 'SELECT * FROM document {} LIMIT 50'),
    ('count', 3, 'SELECT count(*) FROM document {}'),
)


def query(text, times, role, organization, user_id, predicate=''):
    """Its plan is kept, and was made for another caller."""
    session = Session('large', role=role, organization='main', user_id='reader').share_processor()
    text = text.format(predicate)
    session.run(text)
    session.run('SELECT rbac.set_caller(%s, %s, false)', [organization, user_id])
    return lambda: session.cost(lambda: session.run(text), times)


def measure(report):
    progress('lists and counts under a policy')
    for kind, times, text in QUERIES:
        def compare(goal, what, checked, by_hand, limit):
            costs = interleave({'checked': query(text, times, *checked),
                                'by hand': query(text, times, *by_hand)}, rounds=5)
            report.add(goal, f'{kind}, {what}', ratio(costs, 'checked', 'by hand'), limit=limit)
        tenant = ('bench_tenant', 'tenant-1', 'unrestricted')
        compare(3, 'tenant with 0.1 % of the rows : with its org_id in the query',
                tenant, (*tenant, "WHERE org_id = 'tenant-1'"), 1.5)
        owner = ('bench_owner', 'main', 'user-1')
        compare(4, 'owner of 0.1 % of the rows : with owner in the query',
                owner, (*owner, "WHERE owner = 'user-1'"), 2)
        islander = ('bench_owner', 'main', 'islander')
        compare(4, 'region with 0.1 % of the rows : with region in the query',
                islander, (*islander, "WHERE region = 'islands'"), 2)
        islander_of_main = ('bench_tenant', 'main', 'islander')
        compare(4, 'the same in a tenant with half of the rows : with region in the query',
                islander_of_main, (*islander_of_main, "WHERE region = 'islands'"), 2)
        compare(4, 'unrestricted caller : no policy',
                ('bench_owner', 'main', 'unrestricted'), ('bench_no_policy', 'main', 'unrestricted'), 1.1)

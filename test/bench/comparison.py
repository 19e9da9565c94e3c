"""Goal 8: comparing sets of grants."""

import statistics

from bench import Session, interleave, progress, ratio

# Values are stored as columns are, so that reading and unpacking them counts.
SETUP = """
    CREATE FUNCTION comparison_grants(n integer, is_greater boolean, is_one_permission boolean)
    RETURNS TABLE (permission_name text, conditions jsonb)
    LANGUAGE sql AS $$
        SELECT 'Thing:Action' || CASE WHEN is_one_permission THEN 0 ELSE i END,
               jsonb_build_object(
                   'owner', jsonb_build_object('type', 'Equals', 'value', 'user-' || i),
                   'region', jsonb_build_object('type', 'Equals', 'value', 'eu'),
                   'status', CASE WHEN is_greater
                       THEN jsonb_build_object('type', 'NotEquals', 'value', 'spam')
                       ELSE jsonb_build_object('type', 'Equals', 'value', 'open') END)
        FROM generate_series(1, n) AS i
    $$;
    CREATE TABLE comparison (
        n integer, is_one_permission boolean, greater rbac.privileges, less rbac.privileges,
        PRIMARY KEY (n, is_one_permission));
    INSERT INTO comparison
    SELECT n, one,
           (SELECT jsonb_agg(to_jsonb(g)) FROM comparison_grants(n, true, one) AS g)::rbac.privileges,
           (SELECT jsonb_agg(to_jsonb(g)) FROM comparison_grants(n, false, one) AS g)::rbac.privileges
    FROM (VALUES (1000, false), (10000, false), (1000, true)) AS v(n, one);

    CREATE TABLE naive (n integer, is_one_permission boolean, is_greater boolean, permission_name text, conditions jsonb);
    INSERT INTO naive
    SELECT n, one, is_greater, g.*
    FROM (VALUES (1000, false), (100, true), (200, true)) AS v(n, one),
         (VALUES (true), (false)) AS s(is_greater), comparison_grants(n, is_greater, one) AS g;
    CREATE INDEX ON naive (n, is_one_permission, is_greater, permission_name);
    ANALYZE naive;

    -- Does one grant cover the other, condition by condition?
    CREATE FUNCTION naive_covers(a jsonb, b jsonb) RETURNS boolean
    LANGUAGE sql IMMUTABLE AS $$
        SELECT NOT EXISTS (
            SELECT FROM jsonb_each(a) AS x LEFT JOIN jsonb_each(b) AS y USING (key)
            WHERE CASE
                WHEN y.value IS NULL THEN true
                WHEN x.value ->> 'type' = 'Equals' THEN x.value <> y.value
                WHEN y.value ->> 'type' = 'Equals' THEN x.value -> 'value' = y.value -> 'value'
                ELSE x.value <> y.value
            END)
    $$;
"""

COMPARE = """
    SELECT rbac.compare_privileges(greater, less) FROM comparison
    WHERE n = %s::integer AND is_one_permission = %s::boolean"""

# Is every grant of one set covered by one grant of the other, and the other way round?
NAIVE = """
    SELECT NOT EXISTS (
        SELECT FROM naive AS b
        WHERE n = %(n)s::integer AND is_one_permission = %(one)s::boolean AND is_greater <> direction AND NOT EXISTS (
            SELECT FROM naive AS a
            WHERE a.n = b.n AND a.is_one_permission = b.is_one_permission AND a.is_greater = direction AND
                  a.permission_name = b.permission_name AND naive_covers(a.conditions, b.conditions)))
    FROM (VALUES (true), (false)) AS d(direction)"""


def measure(report):
    progress('comparisons')
    session = Session('large')
    session.command(SETUP)

    def compare(n, one):
        return lambda: session.cost(lambda: session.run(COMPARE, [n, one]))

    def naive(n, one):
        return lambda: session.cost(lambda: session.run(NAIVE, {'n': n, 'one': one}))
    costs = interleave({
        'different': compare(1000, False), 'more': compare(10000, False), 'one': compare(1000, True),
        'naive, different': naive(1000, False), 'naive, 100': naive(100, True), 'naive, 200': naive(200, True),
    }, rounds=5)

    def milliseconds(name):
        return statistics.median(costs[name]) / 1e6
    report.add(8, 'compare 1,000 grants of 3 conditions, different permissions', milliseconds('different'), 'ms', limit=2)
    report.add(8, 'the same with 10,000 : 10 times 1,000', ratio(costs, 'more', 'different') / 10, limit=1.2)
    report.add(8, 'the same 1,000 on one permission', milliseconds('one'), 'ms', limit=30)
    report.add(8, 'peer: naive SQL, different permissions', milliseconds('naive, different'), 'ms')
    report.add(8, 'peer: naive SQL, one permission, 200 grants', milliseconds('naive, 200'), 'ms')
    report.add(8, 'peer: naive SQL, one permission, 200 grants : 100 grants', ratio(costs, 'naive, 200', 'naive, 100'))

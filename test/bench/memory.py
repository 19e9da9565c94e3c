"""Goal 10: what a backend remembers of its callers."""

from bench import Session, progress

CHECK = "SELECT rbac.has_permission('Document:Read', 'region', %s::text, 'status', 'open')"
# Contexts of the extension and those below them, which have names of the server's.
OWN_MEMORY = """
    WITH RECURSIVE own AS (
        SELECT name FROM pg_backend_memory_contexts WHERE name LIKE 'rbac%'
        UNION
        SELECT c.name FROM pg_backend_memory_contexts AS c JOIN own ON c.parent = own.name
    )
    SELECT sum(total_bytes) FROM pg_backend_memory_contexts
    WHERE name LIKE 'rbac%' OR parent IN (SELECT name FROM own)"""


def resident_memory(session):
    with open(f'/proc/{session.pid}/status') as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith('RssAnon'))


def serve(session, users):
    for n in users:
        session.run('SELECT rbac.set_caller(%s, %s, false)', ['crowd', f'user-{n}'])
        session.run(CHECK, ['region-1'])


def measure(report, callers=10_000, step=500):
    """The largest of what is seen on the way, as caches may be emptied."""
    progress('memory')
    session = Session('large').share_processor()
    serve(session, [1])
    before = resident_memory(session)
    own, grown = 0, 0
    for n in range(1, callers, step):
        serve(session, range(n, n + step))
        own = max(own, float(session.value(OWN_MEMORY)))
        grown = max(grown, resident_memory(session) - before)
    report.add(10, 'memory contexts of the extension while a backend serves 10,000 callers', own / 2**20, 'MiB', limit=16)
    report.add(10, 'growth of the backend meanwhile', grown / 2**20, 'MiB')

# Many rows, calls and callers: a revoke ends a scan's rights with its
# statement, and memory does not grow with their number.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use RbacTest;
use Test::More;

my $node = start_node('main');
set_up_acme($node);
$node->safe_psql('postgres', q{
	CREATE TABLE doc AS SELECT n AS id, 'emea'::text AS region, n AS level FROM generate_series(1, 100000) AS n;
	ALTER TABLE doc ENABLE ROW LEVEL SECURITY;
	CREATE POLICY reading ON doc USING (rbac.has_permission('Doc:Read', 'region', region, 'level', level));
	CREATE ROLE app;
	GRANT SELECT ON doc TO app;
	CREATE FUNCTION gate(id integer) RETURNS boolean LANGUAGE plpgsql AS
	$$ BEGIN PERFORM pg_advisory_lock(1), pg_advisory_unlock(1); RETURN true; END $$});

# ---- a revoke while a scan runs ----

my $gate = $node->background_psql('postgres');
my $session = $node->background_psql('postgres', on_error_stop => 0);
$session->query_safe(as_caller('acme', 'ann') . 'SET ROLE app');
is($session->query_safe('SELECT count(*) FROM doc'), 100000, 'all rows');

$gate->query_safe('SELECT pg_advisory_lock(1)');
$session->query_until(qr/started/, "\\echo started\nSELECT count(*) FROM doc WHERE id <> 50000 OR gate(id);\n");
$node->poll_query_until('postgres', q{SELECT count(*) = 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted});
$node->safe_psql('postgres', q{SELECT rbac.revoke_role('acme', 'Editor', 'ann')});
$gate->query_safe('SELECT pg_advisory_unlock(1)');
my $rows = $session->query_safe('SELECT 1');
ok($rows =~ /^(\d+)\n1$/ && $1 >= 49999 && $1 <= 100000, 'the scan that was running ends well') or diag $rows;
is($session->query_safe('SELECT count(*) FROM doc'), 0, 'no row in the next statement');
$node->safe_psql('postgres', q{SELECT rbac.assign_role('acme', 'Editor', 'ann')});
is($session->query_safe('SELECT count(*) FROM doc'), 100000, 'and all of them when it is granted again');
$gate->quit;
$session->quit;

# ---- a million calls ----

sub growth_of
{
	my ($name, $limit, $sql) = @_;
	my $backend = $node->background_psql('postgres');
	(my $few = $sql) =~ s/1000000/1000/g;
	$backend->query_safe(as_caller('acme', 'ann') . $few);
	my $before = memory_of($backend);
	$backend->query_safe($sql);
	my $growth = memory_of($backend) - $before;
	cmp_ok($growth, '<', $limit, "$name: memory grows by $growth kB");
	my $bytes = $backend->query_safe(q{SELECT coalesce(sum(total_bytes), 0) FROM pg_backend_memory_contexts WHERE name LIKE 'rbac%'});
	cmp_ok($bytes, '<', 20 * 1024 * 1024, "$name: of what rbac remembers there are $bytes bytes");
	$backend->quit;
}

growth_of('in a query', 8192,
	q{SELECT count(*) FROM (SELECT generate_series(1, 1000000) AS n OFFSET 0) AS s
	  WHERE rbac.has_permission('Doc:Read', 'region', 'emea' || n % 3, 'level', n)});
growth_of('in PL/pgSQL', 8192, q{
	DO $$ DECLARE answer boolean; BEGIN
		FOR n IN 1 .. 1000000 LOOP answer := rbac.has_permission('Doc:Read', 'region', 'emea'::text, 'level', n); END LOOP;
	END $$});
growth_of('as a request of jsonb', 8192, q{
	SELECT count(*) FROM (SELECT generate_series(1, 1000000) AS n OFFSET 0) AS s WHERE n % 20 = 0
	  AND rbac_internal.caller_has_permission('Doc:Read', jsonb_build_object('region', 'emea', 'level', n))});
growth_of('for a new caller each', 40960, q{
	SELECT count(*) FROM (SELECT generate_series(1, 1000000) AS n OFFSET 0) AS s
	WHERE n % 5 = 0 AND rbac_internal.compute_access('acme', 'nobody ' || n, 'Doc:Read', '{}')});
growth_of('for a new organization each', 40960, q{
	SELECT count(*) FROM (SELECT generate_series(1, 1000000) AS n OFFSET 0) AS s
	WHERE n % 5 = 0 AND rbac_internal.compute_access('nowhere ' || n, 'nobody', 'Doc:Read', '{}')});
growth_of('when it is prepared', 8192, q{
	DO $$ BEGIN FOR n IN 1 .. 1000000 LOOP
		IF n % 20 = 0 THEN EXECUTE 'SELECT rbac.has_permission(''Doc:Read'', ''region'', ''emea''::text)'; END IF;
	END LOOP; END $$});

# An operator is asked for one organization after the other.
$node->safe_psql('postgres', q{
	SELECT rbac.create_organization('ops', '{"operator": true}');
	SELECT rbac.create_role('ops', 'All', 'Reads', '[{"permission_name": "*", "conditions": {}}]', 'admin');
	SELECT rbac.create_user('ops', 'opal');
	SELECT rbac.assign_role('ops', 'All', 'opal')});
growth_of('for an operator', 40960, as_caller('ops', 'opal') . q{
	SELECT count(*) FROM (SELECT generate_series(1, 1000000) AS n OFFSET 0) AS s
	WHERE n % 3 = 0 AND rbac.has_permission('Doc:Read', 'org_id', 'org ' || n)});

# Changes and checks by turns: what has been forgotten is given back.
growth_of('with a change before each check', 8192, q{
	DO $$ BEGIN FOR n IN 1 .. 1000000 LOOP IF n % 200 = 0 THEN
		UPDATE rbac.organization SET settings = settings WHERE organization = 'acme';
		PERFORM rbac.has_permission('Doc:Read', 'region', 'emea'::text);
	END IF; END LOOP; END $$});

$node->stop;
done_testing();

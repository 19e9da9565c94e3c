# Parallel workers see the caller and the changes of the leader's transaction.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use RbacTest;
use Test::More;

my $node = start_node('main');
set_up_acme($node);
$node->safe_psql('postgres', q{
	CREATE TABLE doc AS SELECT n AS id, CASE WHEN n % 2 = 0 THEN 'emea' ELSE 'apac' END AS region, n % 10 AS level,
		repeat('x', 100) AS filler FROM generate_series(1, 20000) AS n;
	ALTER TABLE doc ENABLE ROW LEVEL SECURITY;
	CREATE POLICY reading ON doc USING (rbac.has_permission('Doc:Read', 'region', region, 'level', level));
	CREATE ROLE app;
	CREATE ROLE authenticator LOGIN;
	GRANT app TO authenticator;
	GRANT SELECT ON doc TO app;
	ANALYZE doc});

my $parallel = q{
	SET max_parallel_workers_per_gather = 2;
	SET parallel_setup_cost = 0;
	SET parallel_tuple_cost = 0;
	SET min_parallel_table_scan_size = 0;
	SET parallel_leader_participation = off; };
my $count = 'SELECT count(*) FROM doc;';
my $ann = as_caller('acme', 'ann');

# which processes did it
my $explain = q{EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) SELECT count(*) FROM doc;};
my $plan = $node->safe_psql('postgres', "$parallel $ann SET ROLE app; $explain");
like($plan, qr/Workers Launched: 2.*Parallel Seq Scan on doc.*Filter: rbac\.has_permission/s, 'workers evaluate the policy');
like($plan, qr/rows=10000|rows=5000/, 'and see the caller');

result_is($node, "$parallel $ann SET ROLE app; $count", 10000, 'a caller of the session');
result_is($node, "$parallel SET ROLE app; $count", 0, 'none');
result_is($node, "$parallel BEGIN; SELECT FROM rbac.set_caller('acme', 'ann'); SET ROLE app; $count COMMIT; $count",
	"10000\n0", 'a caller of the transaction');
result_is($node, qq{$parallel SET ROLE app; SET request.jwt.claims = '{"sub": "ann", "org_id": "acme"}'; $count},
	10000, 'a caller named by claims', extra_params => [ '-U', 'authenticator' ]);
result_is($node, qq{$parallel SET ROLE app; SET request.jwt.claims = '{"sub": "ann", "org_id": "acme"}'; $count},
	0, 'which count in trusted sessions only');

# Changes that nobody else can see
my $change = sub {
	my $sql = shift;
	return "$parallel BEGIN; $sql; SELECT FROM rbac.set_caller('acme', 'ben'); SET LOCAL ROLE app; $count ROLLBACK;"
		. as_caller('acme', 'ben') . "SET ROLE app; $count";
};
result_is($node, $change->(q{DO $$ BEGIN PERFORM rbac.assign_role('acme', 'Reader', 'ben'); END $$}),
	"10000\n0", 'an uncommitted grant of the leader');
result_is($node, $change->(q{DO $$ BEGIN PERFORM rbac.create_temporary_permission_grant('acme', 'ben', 'PT1H',
	'{"permission_name": "Doc:Read", "conditions": {"level": {"type": "Equals", "value": 3}}}', '{}', 'for the workers'); END $$}),
	"2000\n0", 'an uncommitted temporary grant');
result_is($node, $change->(q{SAVEPOINT s; DO $$ BEGIN PERFORM rbac.assign_role('acme', 'Reader', 'ben'); END $$; RELEASE s}),
	"10000\n0", 'of a subtransaction');
result_is($node, $change->(q{SAVEPOINT s; DO $$ BEGIN PERFORM rbac.assign_role('acme', 'Reader', 'ben'); END $$; ROLLBACK TO s}),
	"0\n0", 'of one that was rolled back');
result_is($node, "$parallel BEGIN; DO \$\$ BEGIN PERFORM rbac.revoke_role('acme', 'Editor', 'ann'); END \$\$; "
	. "SELECT FROM rbac.set_caller('acme', 'ann'); SET LOCAL ROLE app; $count ROLLBACK; $ann SET ROLE app; $count",
	"0\n10000", 'an uncommitted revoke');
result_is($node, "$parallel $ann SET ROLE app; BEGIN ISOLATION LEVEL REPEATABLE READ; $count COMMIT", 10000, 'REPEATABLE READ');
result_is($node, "$parallel $ann SET ROLE app; BEGIN ISOLATION LEVEL SERIALIZABLE; $count COMMIT", 10000, 'SERIALIZABLE');

$node->stop;
done_testing();

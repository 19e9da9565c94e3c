# The server forgets its caches whenever it might, and with each of them rbac
# forgets what it remembers, also in the middle of a row: checks give the same
# answers, and changes count as ever. Only servers with assertions can do it.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use RbacTest;
use Test::More;

my $node = start_node('main');
plan skip_all => 'the server has no assertions' unless $node->safe_psql('postgres', 'SHOW debug_assertions') eq 'on';
set_up_acme($node);
$node->safe_psql('postgres', q{
	CREATE TYPE state AS ENUM ('draft', 'final');
	SELECT rbac.define_permission('File:Read', '{"state": "string", "day": "string", "owner": "string", "size": "number"}');
	SELECT rbac.create_role('acme', 'Filer', 'Reads files', ((
		SELECT jsonb_agg(jsonb_build_object('permission_name', 'File:Read', 'conditions', jsonb_build_object(
			'state', jsonb_build_object('type', 'Equals', 'value', 'final'), 'size', jsonb_build_object('type', 'Equals', 'value', n))))
		FROM generate_series(1, 20) AS n) || jsonb '[{"permission_name": "File:Read", "conditions": {
			"day": {"type": "In", "values": ["2024-02-29", "2024-03-01"]}, "owner": {"type": "Equals", "value": "{self_user_id}"}}}]')::rbac.privileges, 'client');
	SELECT rbac.assign_role('acme', 'Filer', 'ben');
	CREATE TABLE file AS SELECT (ARRAY['draft', 'final'])[1 + n % 2]::state AS state, date '2024-02-28' + n % 4 AS day,
		(ARRAY['ann', 'ben'])[1 + n % 3 / 2] AS owner, n::numeric AS size, 'acme' AS org FROM generate_series(1, 30) AS n;
	ALTER TABLE file ENABLE ROW LEVEL SECURITY;
	CREATE POLICY reading ON file USING (rbac.has_permission('File:Read', 'org_id', org, 'state', state, 'day', day, 'owner', owner, 'size', size));
	CREATE ROLE app;
	GRANT SELECT ON file TO app;
	GRANT app TO CURRENT_USER});

my $discard = 'SET debug_discard_caches = 1;';
my $ben = as_caller('acme', 'ben');
my %questions = (
	'rows of a policy' => 'SET ROLE app; SELECT count(*), sum(size) FROM file',
	'a prepared statement' => 'SET ROLE app; PREPARE q AS SELECT sum(size) FROM file; EXECUTE q; EXECUTE q',
	'a join of two policies' => 'SET ROLE app; SELECT count(*) FROM file JOIN file AS f USING (day)',
	'a check in a loop' => q{CREATE TEMP TABLE answer (answer boolean); DO $$ BEGIN FOR n IN 1 .. 5 LOOP
		INSERT INTO answer SELECT rbac.has_permission('File:Read', 'state', 'final'::state, 'size', n); END LOOP; END $$;
		SELECT count(*) FILTER (WHERE answer) FROM answer},
	'where it counts' => q{SELECT rbac.permitted_organizations('File:Read')},
	'attributes of jsonb' => q{SELECT rbac.check_access('acme', 'ben', 'File:Read', '{"state": "final", "size": 7}')},
	'privileges' => q{SELECT rbac.effective_privileges('acme', 'ben')});
for my $name (sort keys %questions)
{
	my $expected = $node->safe_psql('postgres', $ben . $questions{$name});
	isnt($expected, '', "$name: there is an answer");
	result_is($node, $discard . $ben . $questions{$name}, $expected, "$name: it is the same when caches are discarded");
}

result_is($node, $discard . q{
	BEGIN;
	SELECT rbac.revoke_role('acme', 'Filer', 'ben') \g /dev/null
	} . $ben . q{
	SELECT rbac.has_permission('File:Read', 'state', 'final'::state, 'size', 1);
	SELECT rbac.set_caller(NULL, NULL) \g /dev/null
	SELECT rbac.assign_role('acme', 'Filer', 'ben') \g /dev/null
	} . $ben . q{
	SELECT rbac.has_permission('File:Read', 'state', 'final'::state, 'size', 1);
	ROLLBACK}, "f\nt", 'changes count at once');

$node->stop;
done_testing();

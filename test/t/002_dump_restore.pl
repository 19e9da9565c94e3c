# A dump has every row of every table, and the database restored from it gives
# the same answers and goes on where the other one stopped.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use PostgreSQL::Test::Utils;
use RbacTest;
use Test::More;

my $node = start_node('main');
set_up_acme($node);
$node->safe_psql('postgres', as_caller('acme', 'adm') . q{
	SELECT rbac.create_temporary_permission_grant('acme', 'ben', 'PT1H',
		'{"permission_name": "Doc:Read", "conditions": {"level": {"type": "In", "values": [1, 2.50, 3]}}}',
		'{"ticket": "A 17", "empty": null}', 'while ann is away');
	SELECT rbac.create_temporary_permission_grant('acme', 'ben', 'PT1H',
		'{"permission_name": "Doc:Write", "conditions": {}}', '{}', 'over by now, see below');
	SELECT rbac.modify_role('acme', 'Reader', permission_grants => '[
		{"permission_name": "Doc:Read", "conditions": {"region": {"type": "In", "values": ["emea", "d''accord \\\\ \" é"]}}}]');
	SELECT rbac.modify_role('acme', 'Reader', description => E'Reads\tand\\nreads');
	SELECT rbac.modify_role('acme', 'Reader', frontend_view => 'admin');
});
# what has expired already: a superseded version and a temporary grant
$node->safe_psql('postgres', q{
	UPDATE rbac.role_version SET expires_at = now() - interval '1 hour'
	WHERE role_id = (SELECT min(role_id) FROM rbac.role_version WHERE expires_at IS NOT NULL);
	UPDATE rbac.temporary_grant SET expires_at = now() - interval '1 hour' WHERE permission_grant::text LIKE '%Doc:Write%';
	SELECT rbac.create_organization('ops', '{"operator": true, "max_temporary_grant": "P2D"}');
	SELECT rbac.create_api_key('acme', 'P30D', 'Reader');
	-- a group, and roles of every kind, each where it counts
	SELECT rbac.create_group('acme', 'team'), rbac.add_group_member('acme', 'team', 'ben'), rbac.create_application('acme', 'crm');
	SELECT rbac.assign_scoped_role(rbac.create_scoped_role('acme', 'project',
		'[{"permission_name": "Doc:Read"}]', 'Reader'), NULL, 'team', 'w', 'p "é"');
	SELECT rbac.assign_application_role('acme', 'crm', rbac.create_application_role('acme', 'crm', 'agent',
		'{refund,close}', '', 'Agent'), '{crm}', 'Application');
	INSERT INTO rbac.rate_limit VALUES ('get_roles', 7), ('create_role', NULL);
	-- what is built on rbac
	CREATE TABLE doc (id integer, region text, keep rbac.privileges);
	INSERT INTO doc SELECT n, 'emea', '[{"permission_name": "Doc:*", "conditions": {}}]' FROM generate_series(1, 10) AS n;
	ALTER TABLE doc ENABLE ROW LEVEL SECURITY;
	CREATE POLICY reading ON doc USING (rbac.has_permission('Doc:Read', 'region', region));
	CREATE ROLE app;
	GRANT SELECT ON doc TO app;
	CREATE ROLE auditor LOGIN;
	GRANT pg_read_all_data TO auditor;
});

my @tables = split /\n/, $node->safe_psql('postgres',
	q{SELECT oid::regclass FROM pg_class WHERE relnamespace = 'rbac'::regnamespace AND relkind = 'r' ORDER BY 1});

my $contents = contents($node);
my $answers = ask($node);
my $last = $node->safe_psql('postgres', 'SELECT last_value FROM rbac.audit_event_event_id_seq');
cmp_ok(scalar(@tables), '>=', 12, 'tables');
is_deeply([ grep { $node->safe_psql('postgres', "SELECT count(*) FROM $_") == 0 } @tables ], [],
	'each with rows');
is($node->safe_psql('postgres', q{SELECT count(*) FROM rbac.role_version WHERE expires_at < now()}), 1,
	'an expired version among them');

my $dir = PostgreSQL::Test::Utils::tempdir();

sub restored
{
	my ($name, @restore) = @_;
	$node->safe_psql('postgres', "CREATE DATABASE $name TEMPLATE template0");
	$node->command_ok([ @restore, '-d', $name ], "$name: restored without an error");
	is(contents($node, $name), $contents, "$name: every row of every table, and no other");
	is(ask($node, $name), $answers, "$name: the same answers");
	sound($node, $name, database => $name);
	is($node->safe_psql($name, 'SELECT last_value FROM rbac.audit_event_event_id_seq'), $last,
		"$name: the sequence stands where it stood");
	is($node->safe_psql($name, q{SELECT rbac.create_user('acme', 'new');
		SELECT max(event_id) > } . $last . q{ FROM rbac.audit_event}), "\nt",
		"$name: writing goes on");
	is($node->safe_psql($name, as_caller('acme', 'ann') . 'SET ROLE app; SELECT count(*) FROM doc'), 10,
		"$name: policies work");
	is($node->safe_psql($name, as_caller('acme', 'ben') . 'SET ROLE app; SELECT count(*) FROM doc'), 0,
		"$name: for everybody");
	is($node->safe_psql($name, q{SELECT rbac.check_access('acme', 'ben', 'Doc:Read',
			jsonb_build_object('workspace_id', 'w', 'project_id', 'p "é"'))}), 't', "$name: groups and scopes");
	is($node->safe_psql($name, as_caller('acme', 'crm') . q{
		SELECT rbac.has_permission('Application:Use', 'application_id', 'crm', 'permission', 'refund')}), 't',
		"$name: applications");
	is($node->safe_psql($name, q{SELECT rbac.compare_privileges(keep, '[]') FROM doc LIMIT 1}), 'greater',
		"$name: columns of our types");
	is($node->safe_psql($name, q{SELECT count(*) FROM pg_trigger
		WHERE tgrelid::regclass::text LIKE 'rbac.%' AND NOT tgisinternal AND tgenabled <> 'A'}), 0,
		"$name: changes are announced always");
}

$node->command_ok([ 'pg_dump', '-f', "$dir/plain.sql", 'postgres' ], 'pg_dump, plain');
restored('plain', 'psql', '-Xq', '-v', 'ON_ERROR_STOP=1', '-o', '/dev/null', '-f', "$dir/plain.sql");

$node->command_ok([ 'pg_dump', '--inserts', '-f', "$dir/inserts.sql", 'postgres' ], 'pg_dump, INSERTs');
restored('inserts', 'psql', '-Xq', '-v', 'ON_ERROR_STOP=1', '-o', '/dev/null', '-f', "$dir/inserts.sql");

$node->command_ok([ 'pg_dump', '-Fc', '-f', "$dir/custom.dump", 'postgres' ], 'pg_dump, custom');
restored('custom', 'pg_restore', '--exit-on-error', "$dir/custom.dump");

$node->command_ok([ 'pg_dump', '-Fd', '-j2', '-f', "$dir/directory", 'postgres' ], 'pg_dump, directory');
# One after the other: parallel jobs of pg_restore do not know that tables of
# an extension refer to each other.
restored('directory', 'pg_restore', '--exit-on-error', "$dir/directory");

$node->command_ok([ 'pg_dump', '-U', 'auditor', '-T', 'doc', '-f', "$dir/auditor.sql", '--no-sync', 'postgres' ],
	'a role that may only read can dump');

# A dump of a restored database is the same once more.
$node->command_ok([ 'pg_dump', '-Fc', '-f', "$dir/again.dump", 'plain' ], 'pg_dump of what was restored');
is($node->safe_psql('plain', q{SELECT count(*) FROM rbac.permission WHERE is_builtin}),
	$node->safe_psql('postgres', q{SELECT count(*) FROM rbac.permission WHERE is_builtin}),
	'permissions that come with the extension are not dumped');

$node->stop;
done_testing();

# Checks work on a hot standby, and a change counts there once it is replayed.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use PostgreSQL::Test::Cluster;
use RbacTest;
use Test::More;

my $primary = start_node('primary', allows_streaming => 1);
set_up_acme($primary);
set_up_crew($primary);
$primary->safe_psql('postgres', q{
	CREATE TABLE doc AS SELECT n AS id, CASE WHEN n % 2 = 0 THEN 'emea' ELSE 'apac' END AS region FROM generate_series(1, 10) AS n;
	ALTER TABLE doc ENABLE ROW LEVEL SECURITY;
	CREATE POLICY reading ON doc USING (rbac.has_permission('Doc:Read', 'region', region));
	CREATE ROLE app;
	GRANT SELECT ON doc TO app});
$primary->backup('backup');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'backup', has_streaming => 1);
$standby->start;

sub replay { $primary->wait_for_catchup($standby, 'replay', $primary->lsn('insert')) }
replay();

is(ask($standby), ask($primary), 'the same answers');
my $session = $standby->background_psql('postgres');
$session->query_safe(as_caller('acme', 'ann') . 'SET ROLE app');
my $count = 'SELECT count(*) FROM doc';
my $check = q{SELECT rbac.has_permission('Doc:Read', 'region', 'emea'::text)};
is($session->query_safe($count), 5, 'a policy');

# A session that goes on, and remembers
$primary->safe_psql('postgres', q{SELECT rbac.revoke_role('acme', 'Editor', 'ann')});
replay();
is($session->query_safe($count), 0, 'a revoke counts once it is replayed');
$primary->safe_psql('postgres', q{SELECT rbac.assign_role('acme', 'Editor', 'ann')});
replay();
is($session->query_safe($count), 5, 'so does a grant');

for my $level ('READ COMMITTED', 'REPEATABLE READ')
{
	$session->query_safe("BEGIN ISOLATION LEVEL $level; SELECT FROM pg_class LIMIT 1");
	is($session->query_safe($check), 't', "$level: within a transaction");
	$primary->safe_psql('postgres', q{SELECT rbac.modify_role('acme', 'Reader', permission_grants => '[]')});
	replay();
	is($session->query_safe($check), 'f', "$level: a role that is narrowed");
	$session->query_safe('COMMIT');
	is($session->query_safe($check), 'f', "$level: and after it");
	$primary->safe_psql('postgres', q{SELECT rbac.modify_role('acme', 'Reader', permission_grants => '[
		{"permission_name": "Doc:Read", "conditions": {"region": {"type": "Equals", "value": "emea"}}}]')});
	replay();
	is($session->query_safe($check), 't', "$level: and widened again");
}

# What is held through a group and in a workspace
my $member = $standby->background_psql('postgres');
$member->query_safe(as_caller('acme', 'cid'));
my $in_workspace = q{SELECT rbac.has_permission('Doc:Read', 'workspace_id', 'w'::text), rbac.has_permission('Doc:Read')};
is($member->query_safe($in_workspace), 't|f', 'a role of a workspace, by a group');
$primary->safe_psql('postgres', q{SELECT rbac.remove_group_member('acme', 'crew', 'cid')});
replay();
is($member->query_safe($in_workspace), 'f|f', 'the end of a membership');
$primary->safe_psql('postgres', q{SELECT rbac.add_group_member('acme', 'crew', 'cid')});
replay();
is($member->query_safe($in_workspace), 't|f', 'a membership');
is(ask($standby), ask($primary), 'and still the same answers');
$primary->safe_psql('postgres', q{SELECT rbac.delete_group('acme', 'crew')});
replay();
is($member->query_safe($in_workspace), 'f|f', 'the end of the group');
$member->quit;

$primary->safe_psql('postgres', q{SELECT rbac.create_temporary_permission_grant('acme', 'ben', 'PT1H',
	'{"permission_name": "Doc:Read", "conditions": {}}', '{}', 'for the standby')});
replay();
result_is($standby, as_caller('acme', 'ben') . $count, 10, 'a temporary grant, asked by a superuser');
result_is($standby, as_caller('acme', 'ben') . "SET ROLE app; $count", 10, 'a temporary grant');
is($standby->safe_psql('postgres', q{SELECT name FROM rbac.get_roles('acme')}),
	$primary->safe_psql('postgres', q{SELECT name FROM rbac.get_roles('acme')}), 'questions are answered');
fails_with($standby, q{SELECT rbac.assign_role('acme', 'Editor', 'ben')}, '25006', 'writing is refused as such');

$session->quit;
$standby->promote;
$standby->safe_psql('postgres', q{SELECT rbac.assign_role('acme', 'Editor', 'ben')});
is($standby->safe_psql('postgres', q{SELECT rbac.check_access('acme', 'ben', 'Doc:Write')}), 't', 'until it is promoted');

$standby->stop;
$primary->stop;
done_testing();

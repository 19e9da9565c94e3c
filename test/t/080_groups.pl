# A user of many groups and a group of many users: right answers, costs that grow
# with what is asked about and no faster, and memory that stays within bounds.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use RbacTest;
use Test::More;

my $node = start_node('main');
set_up_acme($node);

# "one" is in group 1, "some" is in 100 groups, and "m0" to "m9" are in 1,000 each.
# Group n has the role Viewer in workspace n, and group 1,000 Last moreover.
$node->safe_psql('postgres', q{
	SELECT rbac.define_permission('Page:View', '{"workspace_id": "string"}');
	SELECT rbac.create_scoped_role('acme', 'workspace', '[{"permission_name": "Page:View", "conditions": {}}]', 'Viewer');
	SELECT rbac.create_role('acme', 'Last', 'd', '[{"permission_name": "Doc:Write", "conditions": {}}]', 'client', '{Reader}');
	SELECT rbac.create_user('acme', 'one'), rbac.create_user('acme', 'some');
	SELECT rbac.create_user('acme', 'm' || n) FROM generate_series(0, 9) AS n;
	INSERT INTO rbac.principal SELECT 'acme', 'group ' || n, 'group' FROM generate_series(1, 10000) AS n;
	INSERT INTO rbac.assignment (organization, principal_id, role, restriction)
		SELECT 'acme', 'group ' || n, r.role, jsonb_build_object('workspace_id', n::text)
		FROM rbac.role AS r, generate_series(1, 10000) AS n WHERE r.role_name = 'Viewer';
	SELECT rbac.assign_scoped_role(rbac_internal.role_uuid(role), group_id => 'group 1000') FROM rbac.role WHERE role_name = 'Last';
	SELECT rbac.add_group_member('acme', 'group 1', 'one');
	INSERT INTO rbac.group_member SELECT 'acme', 'some', 'group ' || n FROM generate_series(1, 100) AS n;
	INSERT INTO rbac.group_member SELECT 'acme', 'm' || (n - 1) / 1000, 'group ' || n FROM generate_series(1, 10000) AS n;
	ANALYZE});

# ---- a user of many groups ----

my $session = $node->background_psql('postgres');
my $viewable = q{SELECT count(*), min(n), max(n) FROM generate_series(0, 12000) AS n WHERE rbac.has_permission('Page:View', 'workspace_id', n::text)};
$session->query_safe(as_caller('acme', 'one'));
is($session->query_safe($viewable), '1|1|1', 'one group');
$session->query_safe(as_caller('acme', 'm0'));
is($session->query_safe($viewable), '1000|1|1000', 'many groups, each in its workspace');
is($session->query_safe(q{SELECT rbac.has_permission('Page:View')}), 'f', 'and nowhere else');
is($session->query_safe(q{SELECT rbac.has_permission('Doc:Write'), rbac.has_permission('Doc:Read', 'region', 'emea'::text)}),
	't|t', 'a role of the last group, and what it inherits from');
$session->query_safe(as_caller('acme', 'm9'));
is($session->query_safe($viewable), '1000|9001|10000', 'others have other groups');

$session->query_safe(as_caller('acme', 'm0'));
my $may_view = q{SELECT rbac.has_permission('Page:View', 'workspace_id', '500'::text)};
is($session->query_safe($may_view), 't', 'a group in the middle');
$node->safe_psql('postgres', q{SELECT rbac.remove_group_member('acme', 'group 500', 'm0')});
is($session->query_safe($may_view), 'f', 'one membership less');
$node->safe_psql('postgres', q{SELECT rbac.add_group_member('acme', 'group 500', 'm0')});
is($session->query_safe($may_view), 't', 'and again');
$node->safe_psql('postgres', q{SELECT rbac.delete_group('acme', 'group 500')});
is($session->query_safe($may_view), 'f', 'one group less');

# What a check costs after a change, the best of ten: other processes can only
# add to it.
$node->safe_psql('postgres', q{
	CREATE FUNCTION cold_check() RETURNS interval LANGUAGE plpgsql AS $$
	DECLARE
		begun timestamptz;
		best interval;
	BEGIN
		FOR i IN 1 .. 10 LOOP
			UPDATE rbac.organization SET settings = settings;
			begun := clock_timestamp();
			PERFORM rbac.has_permission('Doc:Write');
			best := least(best, clock_timestamp() - begun);
		END LOOP;
		RETURN best;
	END
	$$});
my %cost = map {
	$_ => $session->query_safe(as_caller('acme', $_) . 'SELECT 1000000 * extract(epoch FROM cold_check())')
} qw(one some m0);
note sprintf('a cold check with 1,000 groups costs %.0f times one with a single group', $cost{m0} / $cost{one});
my $growth = $cost{m0} / $cost{some};
cmp_ok($growth, '<', 50, sprintf('ten times the groups cost %.0f times as much, not a hundred times', $growth));

# Memory, in a session of its own for each size
sub remembered_with
{
	my $size = shift;
	my $backend = $node->background_psql('postgres');
	$backend->query_safe("SET rbac.cache_size = '$size'");
	is($backend->query_safe(q{
		SELECT count(*) FROM generate_series(0, 999) AS n, LATERAL rbac_internal.compute_access('acme', 'm' || n / 100,
			'Page:View', jsonb_build_object('workspace_id', (n / 100 * 1000 + n % 100 + 1)::text)) AS allowed WHERE allowed}),
		1000, "$size: ten users of 1,000 groups each");
	my $size_kb = $backend->query_safe(
		q{SELECT sum(total_bytes)::bigint / 1024 FROM pg_backend_memory_contexts WHERE name LIKE 'rbac%'});
	$backend->quit;
	return $size_kb;
}
my $all = remembered_with('64MB');
cmp_ok($all, '>', 8 * 1024, "all that is remembered takes $all kB");
my $some = remembered_with('4MB');
cmp_ok($some, '<', 6 * 1024, "with less memory it takes $some kB");

# ---- a group of many users ----

$node->safe_psql('postgres', q{
	SELECT rbac.create_group('acme', 'all');
	SELECT rbac.create_role('acme', 'Everybody', 'd', '[{"permission_name": "Doc:Write", "conditions": {}}]', 'client', '{Reader}');
	SELECT rbac.assign_scoped_role(rbac_internal.role_uuid(role), group_id => 'all') FROM rbac.role WHERE role_name = 'Everybody';
	INSERT INTO rbac.principal SELECT 'acme', 'u' || n, 'user' FROM generate_series(1, 100000) AS n;
	INSERT INTO rbac.group_member SELECT 'acme', 'u' || n, 'all' FROM generate_series(1, 100000) AS n;
	ANALYZE});
my $writers = q{SELECT count(*) FROM generate_series(1, 100000, 1000) AS n WHERE rbac.check_access('acme', 'u' || n, 'Doc:Write')};
is($session->query_safe(as_caller('acme', 'u50001') . q{SELECT rbac.has_permission('Doc:Write')}), 't', 'a member of 100,000');
$session->query_safe('SELECT FROM rbac.set_caller(NULL, NULL, false)');
is($session->query_safe($writers), 100, 'others');
is($session->query_safe(q{SELECT count(*), count(DISTINCT u) FROM rbac.authorized_users('acme', 'Everybody') AS u}), '100000|100000', 'authorized_users');
is($session->query_safe(q{SELECT count(*) FROM rbac.authorized_users('acme', 'Reader')}), 100002, 'and by inheritance: ann and m0 too');
is($session->query_safe(q{SELECT count(*) FROM rbac.assigned_users('acme', 'Everybody')}), 0, 'nobody directly');

my $role = q{(SELECT rbac_internal.role_uuid(role) FROM rbac.role WHERE role_name = 'Everybody')};
$node->safe_psql('postgres', "SELECT rbac.revoke_scoped_role($role, group_id => 'all')");
is($session->query_safe($writers), 0, 'a revoke counts for all of them at once');
$node->safe_psql('postgres', "SELECT rbac.assign_scoped_role($role, group_id => 'all')");
is($session->query_safe($writers), 100, 'so does a grant');
$node->safe_psql('postgres', q{SELECT rbac.delete_group('acme', 'all')});
is($session->query_safe($writers), 0, 'and the end of the group');
is($session->query_safe(q{SELECT count(*) FROM rbac.group_member WHERE group_id = 'all'}), 0, 'which has no members');
is($session->query_safe(q{SELECT count(*) FROM rbac.principal WHERE principal_id LIKE 'u%'}), 100000, 'who are still users');

# ---- a role of many users ----

$node->safe_psql('postgres', q{
	INSERT INTO rbac.assignment SELECT 'acme', 'u' || n, role FROM rbac.role, generate_series(1, 100000) AS n WHERE role_name = 'Everybody'});
is($session->query_safe($writers), 100, 'a role of 100,000 users');
$node->safe_psql('postgres', "SELECT rbac.delete_scoped_role($role)");
is($session->query_safe($writers), 0, 'is deleted');
is($session->query_safe(q{SELECT count(*) FROM rbac.assignment WHERE principal_id LIKE 'u%'}), 0, 'with its assignments');

$session->quit;
$node->stop;
done_testing();

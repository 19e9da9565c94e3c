# Roles, groups and applications that come and go while others assign them: every
# call either succeeds or says what is not there, and nothing is left behind of
# what is gone.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use RbacTest;
use Test::More;

my $node = start_node('main');
set_up_acme($node);

# adm administers acme by a group. attempt() is a call in adm's name, which
# may find that what it is about is gone, or there already. The names of groups
# and applications are the same, so that an id is now the one and now the other.
$node->safe_psql('postgres', q{
	SELECT rbac.create_role('acme', 'All', 'Everything', '[{"permission_name": "*", "conditions": {}}]', 'admin');
	SELECT rbac.create_group('acme', 'admins'), rbac.add_group_member('acme', 'admins', 'adm');
	SELECT rbac.assign_scoped_role(rbac_internal.role_uuid(role), group_id => 'admins') FROM rbac.role WHERE role_name = 'All';
	SELECT rbac.create_user('acme', 'u' || n) FROM generate_series(1, 5) AS n;
	CREATE SEQUENCE succeeded;
	CREATE SEQUENCE refused;
	CREATE FUNCTION attempt(call text) RETURNS void LANGUAGE plpgsql AS $$
	BEGIN
		PERFORM rbac.set_caller('acme', 'adm');
		EXECUTE 'SELECT ' || call;
		PERFORM nextval('succeeded');
	EXCEPTION
		WHEN undefined_object OR duplicate_object OR invalid_parameter_value THEN PERFORM nextval('refused');
	END
	$$;
	CREATE FUNCTION scoped(name text) RETURNS uuid LANGUAGE sql RETURN (
		SELECT rbac_internal.role_uuid(role) FROM rbac.role WHERE role_name = name);
	CREATE FUNCTION seller(name text) RETURNS text LANGUAGE sql RETURN (
		SELECT role FROM rbac.role WHERE app_id = name)});

my %scripts = (
	assign => q{
		SELECT attempt($$rbac.assign_scoped_role(scoped('Scoped :n'), 'u:u', workspace_id => 'w:w')$$);
		SELECT attempt($$rbac.assign_scoped_role(scoped('Scoped :n'), group_id => 'x:n', workspace_id => 'w:w')$$);
		SELECT attempt($$rbac.assign_application_role('acme', 'x:n', seller('x:n'), '{u:u}', 'User')$$);
		SELECT attempt($$rbac.assign_role('acme', 'Plain :n', 'u:u', false)$$)},
	join => q{
		SELECT attempt($$rbac.add_group_member('acme', 'x:n', 'u:u')$$);
		SELECT attempt($$rbac.remove_group_member('acme', 'x:n', 'u:w')$$)},
	modify => q{
		SELECT attempt($$rbac.modify_scoped_role(scoped('Scoped :n'), permission_grants => '[{"permission_name": "Doc:*", "conditions": {"level": {"type": "Equals", "value": :u}}}]')$$);
		SELECT attempt($$rbac.modify_role('acme', 'Plain :n', inherited_from => CASE :w WHEN 1 THEN '{Reader,Editor}'::text[] ELSE '{}' END)$$);
		SELECT attempt($$rbac.modify_application_role('acme', 'x:n', seller('x:n'), permissions => '{sell :u}')$$)},
	create => q{
		SELECT attempt($$rbac.create_group('acme', 'x:n')$$);
		SELECT attempt($$rbac.create_application('acme', 'x:n')$$);
		SELECT attempt($$rbac.create_application_role('acme', 'x:n', 'Seller', '{sell}')$$);
		SELECT attempt($$rbac.create_scoped_role('acme', 'workspace', '[{"permission_name": "Doc:Read"}]', 'Scoped :n')$$);
		SELECT attempt($$rbac.create_role('acme', 'Plain :n', 'd', '[]', 'client', '{Reader}')$$)},
	delete => q{
		SELECT attempt($$rbac.delete_group('acme', 'x:n')$$);
		SELECT attempt($$rbac.delete_application_role('acme', 'x:n', seller('x:n'))$$);
		SELECT attempt($$rbac.delete_application('acme', 'x:n')$$);
		SELECT attempt($$rbac.delete_scoped_role(scoped('Scoped :n'))$$);
		SELECT attempt($$rbac.delete_scoped_role(scoped('Plain :n'))$$)},
	check => q{
		SELECT attempt($$rbac.check_access('acme', 'u:u', 'Doc:Read', '{"region": "emea"}')$$);
		SELECT attempt($$rbac.check_access('acme', 'u:u', 'Application:Use', '{"application_id": "x:n", "permission": "sell"}')$$);
		SELECT attempt($$count(*) FROM rbac.authorized_roles('acme', 'u:u')$$)},
);
my $random = "\\set n random(1, 3)\n\\set u random(1, 5)\n\\set w random(1, 2)\n";
$node->pgbench('--no-vacuum --client=12 --jobs=2 --transactions=100', 0, [qr{processed: 1200/1200}], [qr{^$}],
	'no call fails otherwise', { map { ("081_$_" => "$random$scripts{$_};\n") } keys %scripts });

for my $counter (qw(succeeded refused))
{
	my $count = $node->safe_psql('postgres', "SELECT last_value FROM $counter");
	cmp_ok($count, '>', 500, "$count calls $counter");
}
is($node->safe_psql('postgres', q{
	SELECT string_agg(DISTINCT operation, ' ' ORDER BY operation) FROM rbac.audit_event
	WHERE operation ~ '^(delete|remove)' AND actor_user_id = 'adm'}),
	'delete_application delete_application_role delete_group delete_scoped_role remove_group_member', 'all kinds of things were deleted');

# ---- nothing is left behind ----

sound($node, 'in the end');

$node->safe_psql('postgres', q{
	SELECT rbac.delete_group('acme', principal_id) FROM rbac.principal WHERE kind = 'group' AND principal_id LIKE 'x%';
	SELECT rbac.delete_application('acme', principal_id) FROM rbac.principal WHERE kind = 'application';
	SELECT rbac.delete_scoped_role(rbac_internal.role_uuid(role)) FROM rbac.role WHERE role_name ~ '^(Scoped|Plain)'});
is($node->safe_psql('postgres', q{
	SELECT (SELECT string_agg(role_name, ' ' ORDER BY role_name) FROM rbac.role),
		(SELECT string_agg(principal_id, ' ' ORDER BY principal_id) FROM rbac.assignment),
		(SELECT count(*) FROM rbac.group_member)}),
	'Admin All Editor Reader|adm admins ann|1', 'and when all of it is deleted, what was there before');

$node->stop;
done_testing();

# What the tests in this directory share: servers with rbac, and an organization
# to ask about. Which settings let a server find rbac is told by TEMP_CONFIG.
package RbacTest;
use strict;
use warnings;
use Exporter 'import';
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

our @EXPORT = qw(start_node set_up_acme set_up_crew ask result_is fails_with as_caller memory_of);

# start_node(name, extra settings of init)
sub start_node
{
	my ($name, %params) = @_;
	my $node = PostgreSQL::Test::Cluster->new($name);
	$node->init(%params, extra => ['--encoding=UTF8']);
	$node->append_conf('postgresql.conf', 'autovacuum = off');
	$node->start;
	return $node;
}

# The extension, and acme: ann is an Editor (Doc:Write, and Doc:Read in emea by
# inheritance), ben has nothing, adm has everything about documents and roles.
sub set_up_acme
{
	my ($node, $database) = @_;
	$node->safe_psql($database // 'postgres', q{
		CREATE EXTENSION rbac;
		SELECT rbac.define_permission('Doc:Read', '{"region": "string", "level": "number"}', 'See a document');
		SELECT rbac.define_permission('Doc:Write', '{"region": "string", "level": "number"}');
		SELECT rbac.create_organization('acme');
		SELECT rbac.create_role('acme', 'Reader', 'Reads', '[
			{"permission_name": "Doc:Read", "conditions": {"region": {"type": "Equals", "value": "emea"}}}]', 'client');
		SELECT rbac.create_role('acme', 'Editor', 'Writes', '[
			{"permission_name": "Doc:Write", "conditions": {}}]', 'client', '{Reader}');
		SELECT rbac.create_role('acme', 'Admin', 'Administers', '[
			{"permission_name": "Doc:*", "conditions": {}}, {"permission_name": "Role:*", "conditions": {}},
			{"permission_name": "User:*", "conditions": {}}]', 'admin');
		SELECT rbac.create_user('acme', name) FROM unnest('{ann,ben,adm}'::text[]) AS name;
		SELECT rbac.assign_role('acme', 'Editor', 'ann');
		SELECT rbac.assign_role('acme', 'Admin', 'adm');
	});
}

# Moreover cid, who reads in workspace w by the group crew, and sells in a shop.
sub set_up_crew
{
	my ($node, $database) = @_;
	$node->safe_psql($database // 'postgres', q{
		SELECT rbac.create_user('acme', 'cid'), rbac.create_group('acme', 'crew'), rbac.create_application('acme', 'shop');
		SELECT rbac.add_group_member('acme', 'crew', 'cid');
		SELECT rbac.assign_scoped_role(rbac.create_scoped_role('acme', 'workspace',
			'[{"permission_name": "Doc:Read", "conditions": {}}]', 'Viewer'), group_id => 'crew', workspace_id => 'w');
		SELECT rbac.assign_application_role('acme', 'shop',
			rbac.create_application_role('acme', 'shop', 'Seller', '{sell}'), '{crew}', 'Group')});
}

# Statement that makes somebody the caller of the session.
sub as_caller
{
	my ($organization, $user_id) = @_;
	return "SELECT FROM rbac.set_caller('$organization', '$user_id', false);\n";
}

# What everybody of acme may do, one line each: the same before and after.
sub ask
{
	my ($node, $database) = @_;
	return $node->safe_psql($database // 'postgres', q{
		SELECT principal_id, permission, attributes, rbac.check_access('acme', principal_id, permission, attributes)
		FROM rbac.principal,
		     unnest('{Doc:Read,Doc:Write,Role:GetRole,Application:Use}'::text[]) AS permission,
		     (VALUES (jsonb '{"region": "emea", "level": 3}'), ('{"region": "apac"}'), ('{}'), ('{"org_id": "globex"}'),
		             ('{"workspace_id": "w"}'), ('{"application_id": "shop", "permission": "sell"}')) AS request (attributes)
		WHERE organization = 'acme' AND kind = 'user'
		ORDER BY 1, 2, 3});
}

# result_is(node, statements, result, name): what the last statements print
sub result_is
{
	my ($node, $sql, $expected, $name, %params) = @_;
	my $database = delete $params{database} // 'postgres';
	my ($code, $stdout, $stderr) = $node->psql($database, $sql, %params);
	is($stdout, $expected, $name) or diag($stderr);
}

# fails_with(node, statements, SQLSTATE or pattern, name)
sub fails_with
{
	my ($node, $sql, $error, $name, %params) = @_;
	my $database = delete $params{database} // 'postgres';
	my ($code, $stdout, $stderr) =
		$node->psql($database, "\\set VERBOSITY verbose\n$sql", on_error_stop => 1, %params);
	like($stderr, ref $error ? $error : qr/ERROR:  $error:/, $name)
		or diag("printed: $stdout");
}

# Peak of resident memory, in kB, of the backend of a background session.
sub memory_of
{
	my $session = shift;
	my $status = $session->query_safe(q{SELECT pg_read_file('/proc/self/status')});
	my ($peak) = $status =~ /^VmHWM:\s+(\d+) kB/m or die 'no VmHWM in /proc/self/status';
	return $peak;
}

1;

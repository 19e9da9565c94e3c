# What the tests in this directory share: servers with rbac, and an organization
# to ask about. Which settings let a server find rbac is told by TEMP_CONFIG.
package RbacTest;
use strict;
use warnings;
use Exporter 'import';
use File::Basename;
use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep);

our @EXPORT = qw(start_node set_up_acme set_up_crew ask result_is fails_with as_caller memory_of
	contents set_up_administration administration_call administration_calls repeatable_calls
	start_load lost wait_for crash sound unsound);

# start_node(name, extra settings of init)
sub start_node
{
	my ($name, %params) = @_;
	my $node = PostgreSQL::Test::Cluster->new($name);
	my $extra = delete $params{extra} // [];
	$node->init(%params, extra => [ '--encoding=UTF8', @$extra ]);
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

# Every row of every table, as text.
sub contents
{
	my ($node, $database) = @_;
	return $node->safe_psql($database // 'postgres', q{
		SELECT format('SELECT %L, t::text FROM %s AS t ORDER BY 2', oid::regclass, oid::regclass)
		FROM pg_class WHERE relnamespace = 'rbac'::regnamespace AND relkind = 'r' ORDER BY oid::regclass::text \gexec});
}

# ---- administration ----

# A call of each function that writes. "#" is a number, of those that set_up_administration
# was given and other than that of the call before: then every one of them
# changes something, but that revoke_role and delete_api_key can be called once.
my %calls = (
	create_organization => q{'org #', '{"equal_may_grant": true}'},
	modify_organization => q{'acme', '{"max_temporary_grant": "P#D"}'},
	define_permission => q{'Test:Permission#', '{"level": "number"}', 'for the call number #'},
	create_user => q{'acme', 'user #'},
	create_role => q{'acme', 'Role #', 'Reads and writes', '[{"permission_name": "Doc:Write"}]', 'client', '{Reader,Draft #}'},
	modify_role => q{'acme', 'Reader', permission_grants => '[{"permission_name": "Doc:Read",
		"conditions": {"level": {"type": "In", "values": [1, #]}}}]'},
	assign_role => q{'acme', (ARRAY['Reader', 'Editor'])[1 + # % 2], 'ben'},
	revoke_role => q{'acme', 'Editor', 'ann'},
	create_temporary_permission_grant => q{'acme', 'ben', 'PT#H', '{"permission_name": "Doc:Read"}', '{"ticket": "#"}', 'for the call number #'},
	create_api_key => q{'acme', 'P30D', 'Reader'},
	delete_api_key => q{'acme', (SELECT api_key_id FROM key WHERE n = 1)},
	sign_in_with_api_key => q{'acme', (SELECT api_key_id FROM key WHERE n = 2), (SELECT api_key FROM key WHERE n = 2), 'ann'},
	create_group => q{'acme', 'group #'},
	delete_group => q{'acme', 'old group #'},
	add_group_member => q{'acme', 'team #', 'ben'},
	remove_group_member => q{'acme', 'team #', 'cid'},
	create_scoped_role => q{'acme', (ARRAY['workspace', 'project'])[1 + # % 2]::rbac.role_level,
		'[{"permission_name": "Doc:Read"}]', 'Role #', 'for the call number #'},
	modify_scoped_role => q{scoped('Draft #', (ARRAY['workspace', 'organization'])[1 + # % 2]), 'Final #', 'after the call number #',
		'[{"permission_name": "Doc:Read", "conditions": {"level": {"type": "Equals", "value": #}}}]'},
	delete_scoped_role => q{scoped('Old #', (ARRAY['workspace', 'organization'])[1 + # % 2])},
	assign_scoped_role => q{scoped('Planner', 'project'), 'ben', workspace_id => 'w', project_id => 'p #'},
	revoke_scoped_role => q{scoped('Viewer', 'workspace'), group_id => 'team #', workspace_id => 'w'},
	create_application => q{'acme', 'application #'},
	delete_application => q{'acme', 'old application #'},
	create_application_role => q{'acme', 'shop', 'Role #', '{sell,buy}', 'for the call number #', 'Role number #'},
	modify_application_role => q{'acme', 'shop', selling('Draft #'), 'Final #', '{sell,rent #}', display_name => 'Final number #'},
	delete_application_role => q{'acme', 'shop', selling('Old #')},
	assign_application_role => q{'acme', 'shop', selling('Draft #'), '{ben,cid}', 'User'},
	revoke_application_role => q{'acme', 'shop', selling('Seller'), 'team #'},
);

sub administration_calls { return sort keys %calls }

sub repeatable_calls { return grep { !/^(?:revoke_role|delete_api_key)$/ } administration_calls() }

sub administration_call
{
	my ($function, $number) = @_;
	return "SELECT FROM rbac.$function(" . ($calls{$function} =~ s/#/$number/gr) . ')';
}

# acme, and what the calls of this many numbers need.
sub set_up_administration
{
	my ($node, $numbers) = (@_, 40);
	$node->append_conf('postgresql.conf', "track_commit_timestamp = on\nshared_preload_libraries = 'rbac'\n"
		. "rbac.jwt_secret = 'a secret of at least thirty-two bytes'");
	$node->restart;
	set_up_acme($node);
	set_up_crew($node);
	$node->safe_psql('postgres', q{
		CREATE TABLE key AS SELECT n, k.api_key_id, k.api_key
		FROM generate_series(1, 2) AS n, rbac.create_api_key('acme', format('P%sD', n), 'Admin') AS k;
		CREATE FUNCTION scoped(text, text) RETURNS uuid STABLE LANGUAGE sql RETURN (
			SELECT rbac_internal.role_uuid(role) FROM rbac.role WHERE (role_name, level::text) = ($1, $2));
		CREATE FUNCTION selling(text) RETURNS text STABLE LANGUAGE sql RETURN (
			SELECT role FROM rbac.role WHERE (role_name, app_id) = ($1, 'shop'));
		SELECT rbac.create_scoped_role('acme', 'project', '[{"permission_name": "Doc:Write"}]', 'Planner');
		SELECT rbac.assign_scoped_role(rbac.create_scoped_role('acme', 'workspace', '[{"permission_name": "Doc:*"}]'), 'cid',
			workspace_id => 'w');
		DO $$
		DECLARE
			doc CONSTANT rbac.privileges := '[{"permission_name": "Doc:Read"}]';
			id text;
		BEGIN
			FOR n IN 1..# LOOP
				PERFORM rbac.create_scoped_role('acme', 'workspace', doc, name || n) FROM unnest(ARRAY['Draft ', 'Old ']) AS name;
				PERFORM rbac.create_role('acme', 'Draft ' || n, 'To be renamed', doc, 'client', '{Reader}');
				PERFORM rbac.create_role('acme', 'Old ' || n, 'To be deleted', doc, 'client');
				PERFORM rbac.create_role('acme', 'Heir ' || n, 'Will inherit nothing', '[]', 'client', ARRAY['Old ' || n, 'Draft ' || n]);
				PERFORM rbac.create_application_role('acme', 'shop', 'Draft ' || n, '{sell}');
				FOREACH id IN ARRAY ARRAY['team ' || n, 'old group ' || n] LOOP
					PERFORM rbac.create_group('acme', id), rbac.add_group_member('acme', id, 'cid');
					PERFORM rbac.assign_scoped_role(scoped('Viewer', 'workspace'), group_id => id, workspace_id => 'w');
					PERFORM rbac.assign_scoped_role(scoped('Old ' || n, 'workspace'), group_id => id, workspace_id => 'w');
					PERFORM rbac.assign_scoped_role(scoped('Old ' || n, 'organization'), group_id => id);
					PERFORM rbac.assign_application_role('acme', 'shop', selling('Seller'), ARRAY[id], 'Group');
				END LOOP;
				PERFORM rbac.assign_application_role('acme', 'shop',
					rbac.create_application_role('acme', 'shop', 'Old ' || n, '{sell}'), ARRAY['team ' || n], 'Group');
				id := 'old application ' || n;
				PERFORM rbac.create_application('acme', id);
				PERFORM rbac.assign_application_role('acme', 'shop', selling('Seller'), ARRAY[id], 'Application');
				PERFORM rbac.assign_application_role('acme', id,
					rbac.create_application_role('acme', id, 'Clerk', '{file}'), '{cid}', 'User');
			END LOOP;
		END
		$$} =~ s/#/$numbers/gr);
}

# ---- load, for faults to happen under ----

my %load = (
	users => q{
		SELECT nextval('n') AS n \gset
		SELECT rbac.create_user('acme', 'new ' || :n);
		SELECT rbac.assign_role('acme', 'Reader', 'new ' || :n);
		INSERT INTO acknowledged VALUES (:n);},
	roles => q{
		\set level random(1, 1000000)
		SELECT rbac.modify_role('acme', 'Reader', permission_grants => format('[{"permission_name": "Doc:Read",
			"conditions": {"level": {"type": "Equals", "value": %s}}}]', :level)::rbac.privileges);},
	checks => q{
		SELECT rbac.set_caller('acme', 'ann'), rbac.has_permission('Doc:Read', 'level', 1);},
);

# Eight clients that go on until their server fails.
sub start_load
{
	my $node = shift;
	my $dir = PostgreSQL::Test::Utils::tempdir();
	append_to_file("$dir/$_", $load{$_}) for keys %load;
	$node->safe_psql('postgres', q{CREATE SEQUENCE IF NOT EXISTS n; CREATE TABLE IF NOT EXISTS acknowledged (n bigint)});
	return IPC::Run::start([ 'pgbench', '-n', '-c', '8', '-T', '60', map({ ('-f', "$dir/$_") } sort keys %load),
		$node->connstr('postgres') . ' application_name=load' ], '&>', \my $output);
}

# Users of whom a client was told, and who are not there.
sub lost
{
	my $node = shift;
	return $node->safe_psql('postgres', q{SELECT n FROM acknowledged
		WHERE NOT EXISTS (SELECT FROM rbac.assignment WHERE principal_id = 'new ' || n)});
}

# Not poll_query_until, whose psql may end before it has read its query.
sub wait_for
{
	my ($node, $query) = @_;
	for (1 .. 3000)
	{
		my ($answer) = run_command([ 'psql', '-XAtq', '-d', $node->connstr('postgres'), '-c', $query ]);
		return if $answer eq 't';
		sleep 0.02;
	}
	die "not so within a minute: $query";
}

# Do what kills a backend: the server ends all others with it and starts again.
sub crash
{
	my ($node, $kill) = @_;
	my $checkpointer = q{pid FROM pg_stat_activity WHERE backend_type = 'checkpointer'};
	my $old = $node->safe_psql('postgres', "SELECT $checkpointer");
	$kill->();
	wait_for($node, "SELECT $old <> $checkpointer");
}

# ---- invariants ----

# What is not as it always is, in the tables (invariants.sql) or their indexes.
sub unsound
{
	my ($node, $database) = @_;
	local $ENV{PGOPTIONS} = '-c client_min_messages=warning';
	my ($stdout, $stderr) = run_command([ 'psql', '-XAtq', '-d', $node->connstr($database // 'postgres'),
		'-v', 'ON_ERROR_STOP=1', '-f', dirname(__FILE__) . '/invariants.sql' ]);
	my ($complaints, $errors) = run_command([ 'pg_amcheck', '--install-missing', '--heapallindexed', '--parent-check',
		'-s', 'rbac', $node->connstr($database // 'postgres') ]);
	return $stdout . $stderr . $complaints . $errors;
}

# sound(node, name): nothing is
sub sound
{
	my ($node, $name, %params) = @_;
	is(unsound($node, $params{database}), '', "$name: the invariants hold");
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

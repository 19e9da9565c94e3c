# Whatever dies in the middle of an administrative call, it is done or it is not:
# nothing is half-written, nothing that was committed is lost.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use RbacTest;
use Test::More;
use Time::HiRes qw(sleep);

my $node = start_node('main');
$node->append_conf('postgresql.conf', "restart_after_crash = on\nmax_prepared_transactions = 2");
set_up_administration($node);
my $number = 0;

is_deeply([ administration_calls() ], [ split /\n/, $node->safe_psql('postgres', q{
	SELECT proname FROM pg_proc
	WHERE pronamespace = 'rbac'::regnamespace AND prosrc = 'rbac_admin' AND provolatile = 'v' ORDER BY 1}) ],
	'there is a call of every function that writes');
sound($node, 'at first');

# ---- what the invariants see ----

sub reveals
{
	my ($sql, $violation) = @_;
	$node->safe_psql('postgres', "CREATE DATABASE broken TEMPLATE postgres");
	$node->safe_psql('broken', "SET session_replication_role = replica; $sql");
	like(unsound($node, 'broken'), qr/^\Q$violation\E/m, "invariants: $violation");
	$node->safe_psql('postgres', 'DROP DATABASE broken');
}
reveals(q{DELETE FROM rbac.principal WHERE principal_id = 'ann'}, 'refers to nothing|assignment');
reveals(q{UPDATE rbac.role_version SET expires_at = now()}, 'not exactly one current version|Admin');
reveals(q{INSERT INTO rbac.role_parent SELECT parent, role FROM rbac.role_parent}, 'inherits from itself|');
reveals(q{DELETE FROM rbac.assignment WHERE principal_id = 'ann'}, 'audited, but not there|assignment|acme|ann|["Editor", ');
reveals(q{DELETE FROM rbac.audit_event WHERE operation = 'create_role'}, 'there, but not audited|role|acme|Admin|');
reveals(q{INSERT INTO rbac.role_parent SELECT a.role, b.role FROM rbac.role AS a, rbac.role AS b
	WHERE a.role_name = 'Viewer' AND b.role_name = 'Admin'}, 'inherits, and is of no organization|Viewer|Admin');
reveals(q{UPDATE rbac.role_version SET frontend_view = 'client'}, 'does not fit the level|workspace|Viewer');
reveals(q{UPDATE rbac.principal SET kind = 'user' WHERE principal_id = 'shop'}, 'role of no application|Seller');
reveals(q{UPDATE rbac.role SET app_id = 'old application 1' WHERE role_name = 'Seller'}, 'an application role grants something else|Seller|');
reveals(q{UPDATE rbac.principal SET kind = 'application' WHERE principal_id = 'cid'}, 'not a user in a group|acme|cid|crew|');
reveals(q{UPDATE rbac.principal SET kind = 'application' WHERE principal_id = 'ann'}, 'role of another kind of principal|');
reveals(q{UPDATE rbac.role SET type = 'share' WHERE role_name = 'Viewer'}, 'a role of type share is assigned|');
reveals(q{UPDATE rbac.assignment SET restriction = '{}' WHERE principal_id = 'crew'}, 'not the scope of the role|');
reveals(q{UPDATE rbac.assignment SET restriction = '{"workspace_id": "x"}' WHERE restriction <> '{}'},
	'audited, but not there|assignment|acme|crew|["Viewer", ');
reveals(q{DELETE FROM rbac.group_member WHERE group_id = 'crew'}, 'audited, but not there|member|acme|cid|"crew"');
reveals(q{DELETE FROM rbac.role_parent}, 'audited, but not there|parent|acme|Editor|');
reveals(q{DELETE FROM rbac.audit_event WHERE operation = 'create_application_role'}, 'there, but not audited|role|acme|Seller|');
reveals(q{UPDATE rbac.temporary_grant SET expires_at = now(); INSERT INTO rbac.role (role, organization, level, role_name)
	VALUES (rbac.generate_object_id(), 'acme', 'organization', 'x')},
	'written without audit|rbac.role|');

# ---- a backend is killed while it waits to write ----

# But for the organization, which they lock by an update before they write anything.
sub tables_written_by
{
	my $call = shift;
	return grep { $_ ne 'rbac.organization' || $call =~ /_organization\(/ } split /\n/, $node->safe_psql('postgres', qq{
		BEGIN; $call;
		SELECT relation::regclass FROM pg_locks JOIN pg_class AS c ON c.oid = relation
		WHERE pid = pg_backend_pid() AND mode = 'RowExclusiveLock' AND relnamespace = 'rbac'::regnamespace AND relkind = 'r'
		ORDER BY 1; ROLLBACK});
}

sub start_session { return $node->background_psql('postgres', on_error_stop => 0) }

# psql has ended already where it noticed that its server was gone.
sub end_session
{
	my $session = shift;
	eval { $session->quit };
}

sub kill_backend
{
	my $pid = shift;
	crash($node, sub { kill 'KILL', $pid });
}

sub kill_before_writing
{
	my ($call, $table) = @_;
	my ($locker, $worker) = (start_session(), start_session());
	my $pid = $worker->query_safe('SELECT pg_backend_pid()');
	$locker->query_safe("BEGIN; LOCK TABLE $table IN SHARE MODE");
	$worker->query_until(qr/started/, "\\echo started\n$call;\n");
	wait_for($node, "SELECT wait_event_type = 'Lock' FROM pg_stat_activity WHERE pid = $pid");
	kill_backend($pid);
	end_session($_) for $locker, $worker;
}

for my $function (administration_calls())
{
	my $call = administration_call($function, ++$number);
	my $before = contents($node);
	my @tables = tables_written_by($call);
	for my $table (@tables)
	{
		kill_before_writing($call, $table);
		is(contents($node), $before, "$function, killed before it writes $table: nothing has changed");
	}
	$node->safe_psql('postgres', $call);
	isnt(contents($node), $before, "$function, once it is left alone, works");
}
sound($node, 'after all that');
reveals(q{UPDATE rbac.role SET role_name = 'Draft' WHERE role_name LIKE 'Final %' AND level IS NOT NULL},
	'audited, but not there|role|acme|Final ');
reveals(q{DELETE FROM rbac.audit_event WHERE operation ~ '^delete'}, 'audited, but not there|application|acme|old application ');

# ---- the server stops in mid-transaction ----

sub all_calls
{
	$number++;
	return join ";\n", map { administration_call($_, $number) } repeatable_calls();
}

my $before = contents($node);
my $session = start_session();
$session->query_safe('BEGIN; ' . all_calls());
$node->stop('immediate');
$node->start;
end_session($session);
is(contents($node), $before, 'a transaction of all calls that did not commit leaves nothing');

$node->safe_psql('postgres', 'BEGIN; ' . all_calls() . '; COMMIT');
my $after = contents($node);
isnt($after, $before, 'one that did has done all');
$node->stop('immediate');
$node->start;
is(contents($node), $after, 'and none of it is lost');
sound($node, 'after immediate stops');

# ---- a transaction in two phases ----

my $check = as_caller('acme', 'ben') . q{SELECT rbac.has_permission('Doc:Write')};
$node->safe_psql('postgres', q{SELECT rbac.assign_role('acme', 'Editor', 'ben')});
$node->safe_psql('postgres', q{BEGIN; SELECT rbac.revoke_role('acme', 'Editor', 'ben'); PREPARE TRANSACTION 'revoke'});
$node->stop('immediate');
$node->start;
$session = start_session();
is($session->query_safe($check), 't', 'a revoke that is prepared does not count, also after a crash');
$node->safe_psql('postgres', q{COMMIT PREPARED 'revoke'});
is($session->query_safe($check), 'f', 'it counts in every session when it is committed');
$session->quit;

# ---- crashes under load ----

# Some backend that is at work.
sub victim
{
	wait_for($node, q{SELECT count(*) > 0 FROM acknowledged});
	for (1 .. 600)
	{
		my $pid = $node->safe_psql('postgres', q{SELECT pid FROM pg_stat_activity
			WHERE application_name = 'load' AND state = 'active' ORDER BY random() LIMIT 1});
		return $pid if $pid;
		sleep 0.1;
	}
	die 'there is no load';
}

for my $round (1 .. 4)
{
	my $load = start_load($node);
	sleep(0.5 + rand 0.5);
	if ($round % 2)
	{
		kill_backend(victim());
	}
	else
	{
		$node->stop('immediate');
		$node->start;
	}
	$load->finish;
	sound($node, "crash $round under load");
	is(lost($node), '', 'what was acknowledged is there');
}
cmp_ok($node->safe_psql('postgres', 'SELECT count(*) FROM acknowledged'), '>', 50, 'there was load');

$node->stop;
done_testing();

# No check grants what was revoked before its statement began. Statistical:
# writers grant and revoke and mark each state once it is committed; readers on
# the server, a hot standby and a logical subscriber look at the mark, check, and
# judge the answer if the mark is still the same. That such a reader sees staleness
# is shown with a design that has it.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use RbacTest;
use Test::More;
use Time::HiRes qw(sleep);

# ---- servers ----

sub start_server
{
	my $node = start_node(shift, allows_streaming => 'logical');
	$node->append_conf('postgresql.conf', "shared_preload_libraries = 'rbac'\nrbac.trusted_session_users = 'app'\n"
		. "track_functions = 'pl'\nmax_connections = 20");
	$node->restart;
	return $node;
}
my $primary = start_server('primary');

# Mark n of writer k: n % 4 is 0 where the right is granted, 2 where it is
# revoked, and odd meanwhile. A sequence shows its value to every snapshot; the
# trigger lets it follow the table on the subscriber too.
my $objects = q{
	CREATE EXTENSION rbac;
	CREATE TABLE mark (k integer PRIMARY KEY, n bigint);
	CREATE SEQUENCE mark_0; CREATE SEQUENCE mark_1; CREATE SEQUENCE mark_2; CREATE SEQUENCE mark_3;
	CREATE FUNCTION show_mark() RETURNS trigger LANGUAGE plpgsql AS
	$$ BEGIN PERFORM setval(('public.mark_' || NEW.k)::regclass, NEW.n); RETURN NULL; END $$;
	CREATE TRIGGER show_mark AFTER INSERT OR UPDATE ON mark FOR EACH ROW EXECUTE FUNCTION show_mark();
	ALTER TABLE mark ENABLE ALWAYS TRIGGER show_mark;
	CREATE FUNCTION mark(k integer) RETURNS bigint LANGUAGE sql
	RETURN pg_sequence_last_value(('public.mark_' || k)::regclass);

	-- Verdicts are counted by the server's statistics of functions, which a
	-- standby has as well.
	CREATE FUNCTION rightly_granted() RETURNS void LANGUAGE plpgsql AS 'BEGIN END';
	CREATE FUNCTION rightly_denied() RETURNS void LANGUAGE plpgsql AS 'BEGIN END';
	CREATE FUNCTION late() RETURNS void LANGUAGE plpgsql AS 'BEGIN END';
	CREATE FUNCTION stale() RETURNS void LANGUAGE plpgsql AS 'BEGIN END';
	CREATE FUNCTION judge(k integer, seen bigint, granted integer) RETURNS void LANGUAGE plpgsql AS $$
	BEGIN
		IF mark(k) <> seen THEN RETURN; END IF;
		CASE seen % 4 * 10 + granted
			WHEN 01 THEN PERFORM rightly_granted();
			WHEN 00 THEN PERFORM late();
			WHEN 21 THEN PERFORM stale();
			WHEN 20 THEN PERFORM rightly_denied();
			ELSE NULL;
		END CASE;
	END
	$$;

	CREATE TABLE doc (title text);
	INSERT INTO doc VALUES ('one');
	ALTER TABLE doc ENABLE ROW LEVEL SECURITY;
	CREATE POLICY reading ON doc USING (rbac.has_permission('Doc:Read'));
	GRANT SELECT ON doc TO app;
	GRANT SELECT ON ALL SEQUENCES IN SCHEMA public TO app;
	CREATE FUNCTION in_plpgsql() RETURNS boolean LANGUAGE plpgsql AS
	$$ BEGIN RETURN rbac.has_permission('Doc:Read'); END $$;

	-- The known mistake: an answer is remembered until a change is announced, and
	-- then made anew from the snapshot of the statement that asks.
	CREATE FUNCTION remembered(k integer) RETURNS boolean STABLE SECURITY DEFINER LANGUAGE plpgsql AS $$
	DECLARE
		generation CONSTANT text := mark(k);
	BEGIN
		IF generation IS DISTINCT FROM current_setting('known_bad.generation' || k, true) THEN
			PERFORM set_config('known_bad.answer' || k, (SELECT count(*)::text FROM rbac.assignment
			                                             WHERE organization = 'org0' AND principal_id = 'ann'), false),
			        set_config('known_bad.generation' || k, generation, false);
		END IF;
		RETURN current_setting('known_bad.answer' || k) = '1';
	END
	$$;
};
$primary->safe_psql('postgres', "CREATE ROLE app LOGIN; $objects" . q{
	SELECT rbac.define_permission('Doc:Read');
	DO $$
	BEGIN
		FOR k IN 0 .. 3 LOOP
			INSERT INTO mark VALUES (k, 3);
			PERFORM rbac.create_organization('org' || k),
			        rbac.create_role('org' || k, 'Base', 'Reads', '[{"permission_name": "Doc:Read"}]', 'client'),
			        rbac.create_role('org' || k, 'Reader', 'Nothing yet', '[]', 'client'),
			        rbac.create_user('org' || k, 'ann'),
			        rbac.assign_role('org' || k, 'Reader', 'ann');
		END LOOP;
	END
	$$;
	CREATE PUBLICATION everything FOR TABLE mark,
		rbac.organization, rbac.permission, rbac.principal, rbac.role, rbac.role_version, rbac.role_parent, rbac.assignment,
		rbac.temporary_grant;
});

$primary->backup('backup');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'backup', has_streaming => 1);
$standby->start;

# The subscriber has the permissions that come with the extension from there too.
my $subscriber = start_server('subscriber');
$subscriber->safe_psql('postgres', "CREATE ROLE app LOGIN; $objects DELETE FROM rbac.permission");
$subscriber->safe_psql('postgres', "CREATE SUBSCRIPTION everything CONNECTION '" . $primary->connstr
	. q{ dbname=postgres' PUBLICATION everything WITH (binary = true)});
$subscriber->wait_for_subscription_sync($primary, 'everything');
my @nodes = ($primary, $standby, $subscriber);

# ---- writers: four ways to grant and to revoke ----

my @writers = (
	[ q{rbac.assign_role('org0', 'Base', 'ann')}, q{rbac.revoke_role('org0', 'Base', 'ann')} ],
	[ q{rbac.modify_role('org1', 'Reader', permission_grants => '[{"permission_name": "Doc:Read"}]')},
		q{rbac.modify_role('org1', 'Reader', permission_grants => '[]')} ],
	[ q{rbac.modify_role('org2', 'Reader', inherited_from => '{Base}')},
		q{rbac.modify_role('org2', 'Reader', inherited_from => '{}')} ],
	[ q{rbac.create_temporary_permission_grant('org3', 'ann', 'PT1H', '{"permission_name": "Doc:Read"}', '{}', 'for a moment')},
		undef ]);
my $dir = PostgreSQL::Test::Utils::tempdir();

sub writer_script
{
	my $k = shift;
	my ($grant, $revoke) = @{ $writers[$k] };
	my $revocation = $revoke ? "SELECT FROM $revoke;" : 'DELETE FROM rbac.temporary_grant;';
	my $mark = "UPDATE mark SET n = :n + %d WHERE k = $k;\n";
	return "\\set n :n + 4\n" . sprintf($mark, -1) . "SELECT FROM $grant;\n" . sprintf($mark, 0) . "\\sleep 3 ms\n"
		. sprintf($mark, 1) . "$revocation\n" . sprintf($mark, 2) . "\\sleep 3 ms\n";
}

sub start_pgbench
{
	my ($node, @arguments) = @_;
	my $output = '';
	my $run = IPC::Run::start([ 'pgbench', '-n', @arguments, $node->connstr('postgres') ], '&>', \$output);
	return [ $run, \$output ];
}

sub start_writers
{
	return map {
		append_to_file("$dir/writer$_", writer_script($_)) unless -e "$dir/writer$_";
		start_pgbench($primary, '-T', 600, '-D', 'n=0', '-f', "$dir/writer$_")
	} 0 .. $#writers;
}

# ---- readers ----

# What is judged, and how the statements around it hold on to the past.
my %checks = (
	has_permission => q{rbac.has_permission('Doc:Read')},
	policy => q{(SELECT count(*) = 1 FROM doc)},
	plpgsql => q{in_plpgsql()},
	check_access => q{rbac.check_access(rbac.current_organization(), 'ann', 'Doc:Read')});
my $ask = 'SELECT CAST(CHECK AS integer) AS granted';
my $judged = "SELECT mark(:k) AS seen \\gset\n$ask \\gset\nSELECT judge(:k, :seen, :granted);\n";
my %modes = (
	statement => $judged,
	transaction => "BEGIN;\n" . $judged x 3 . "COMMIT;\n",
	prepared => "\\if :is_prepared_NAME = 0\nPREPARE ask_NAME AS $ask;\n\\set is_prepared_NAME 1\n\\endif\n"
		. ($judged =~ s/\Q$ask/EXECUTE ask_NAME/r),
	slow_statement => "SELECT pg_sleep(0.002), CHECK;\n$judged",
	repeatable_read => "BEGIN ISOLATION LEVEL REPEATABLE READ;\nSELECT CHECK;\n" . "\\sleep 1 ms\n$judged" x 3 . "COMMIT;\n$judged");

sub reader_script
{
	my ($mode, $name, $check, $writers) = @_;
	my $file = "$dir/$mode.$name";
	append_to_file($file, "\\set k random(0, $writers)\nSELECT rbac.set_caller('org' || :k, 'ann', false);\n"
		. ($modes{$mode} =~ s/CHECK/$check/gr =~ s/NAME/$name/gr)) unless -e $file;
	return ('-D', "is_prepared_$name=0", '-f', $file);
}

sub verdicts
{
	my $node = shift;
	my %calls = map { split /\|/ } split /\n/, $node->safe_psql('postgres', 'SELECT funcname, calls FROM pg_stat_user_functions');
	return { map { $_ => $calls{$_} // 0 } qw(rightly_granted rightly_denied late stale) };
}

# Let readers read; the verdicts of each node.
sub read_while_writing
{
	my ($transactions, @scripts) = @_;
	my @before = map { verdicts($_) } @nodes;
	my @writing = start_writers();
	my @reading = map {
		start_pgbench($_, '-U', 'app', '-c', 4, '-t', $transactions, @scripts)
	} @nodes;
	for (@reading)
	{
		$_->[0]->finish;
		unlike(${ $_->[1] }, qr/error/i, 'readers raise no error');
	}
	for (@writing)
	{
		$_->[0]->signal('TERM');
		$_->[0]->finish;
		unlike(${ $_->[1] }, qr/error/i, 'nor do writers');
	}
	sleep 0.6;    # before 15 statistics arrive by and by
	my @after = map { verdicts($_) } @nodes;
	return map { my $i = $_; +{ map { $_ => $after[$i]{$_} - $before[$i]{$_} } keys %{ $after[$i] } } } 0 .. $#nodes;
}

# ---- the test catches what it is for ----

my @rates;
for my $mode ('slow_statement', 'repeatable_read')
{
	my @verdicts = read_while_writing(100, reader_script($mode, 'remembered', 'remembered(:k)', 0));
	for my $i (0 .. $#nodes)
	{
		my ($stale, $denied) = map { $verdicts[$i]{$_} } 'stale', 'rightly_denied';
		cmp_ok($stale, '>', 0, $nodes[$i]->name . ", $mode: an answer from an old snapshot is noticed, $stale times in " . ($stale + $denied));
		$rates[$i] += $stale / ($stale + $denied || 1) / 2;
	}
}

# ---- rbac ----

my @scripts = map { my $mode = $_; map { reader_script($mode, $_, $checks{$_}, 3) } sort keys %checks } sort keys %modes;
my @verdicts = read_while_writing(1200, @scripts);
for my $i (0 .. $#nodes)
{
	my %count = %{ $verdicts[$i] };
	my $name = $nodes[$i]->name;
	is($count{stale}, 0, "$name: no right was seen after it was revoked, in $count{rightly_denied} checks");
	is($count{late}, 0, "$name: none was missed after it was granted, in $count{rightly_granted} checks");
	cmp_ok($count{rightly_denied} * $rates[$i], '>', 30, "$name: the known mistake would have been noticed many times");
}

$_->stop for $subscriber, $standby, $primary;
done_testing();

# A statement that is cancelled, times out, or runs out of memory or of disk space
# leaves nothing behind, in the tables and in the session that goes on.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use IPC::Run;
use PostgreSQL::Test::Utils;
use RbacTest;
use Test::More;
use Time::HiRes qw(sleep);

# Segments of 1 MB: a limit on the size of files may not be below that.
my $node = start_node('main', extra => ['--wal-segsize=1']);
$node->append_conf('postgresql.conf', 'max_connections = 20');
set_up_administration($node, 160);
my $dir = PostgreSQL::Test::Utils::tempdir();
my $number = 0;

# Calls that can be repeated, and one that is long: a role of thousands of grants,
# which is compared with what its maker holds.
my @calls = grep { $_ ne 'create_api_key' } repeatable_calls();
$node->safe_psql('postgres', q{
	CREATE FUNCTION many_grants(n integer) RETURNS rbac.privileges LANGUAGE sql AS $$
		SELECT jsonb_agg(jsonb_build_object('permission_name', 'Doc:Read', 'conditions', jsonb_build_object(
			'region', jsonb_build_object('type', 'Equals', 'value', 'region ' || i || repeat('x', 300)),
			'level', jsonb_build_object('type', 'NotEquals', 'value', i))))::rbac.privileges
		FROM generate_series(1, n) AS i $$;
	CREATE TABLE document AS SELECT many_grants(2000) AS grants;
	SELECT rbac.create_role('acme', 'Large', 'Many grants', '[]', 'client')});

sub next_calls
{
	$number++;
	return (map({ administration_call($_, $number) } @calls),
		"SELECT FROM rbac.modify_role('acme', 'Large', permission_grants => (SELECT grants "
		. ($number % 2 ? q{OPERATOR(rbac.+) '[{"permission_name": "Doc:Write"}]'} : '') . " FROM document))",
		"DO \$\$ BEGIN PERFORM rbac.set_caller('acme', 'adm');
			PERFORM rbac.modify_role('acme', 'Large', 'Described $number', '[]'); END \$\$");
}

# Run statements one after the other in one session, whatever fails; its errors.
sub errors_of
{
	my ($file) = @_;
	my ($stdout, $stderr) = run_command([ 'psql', '-Xq', '-o', '/dev/null', '-d', $node->connstr('postgres'), '-f', $file ]);
	return map { s/^psql:\S+ //r } grep { /ERROR|FATAL|PANIC|server closed/ } split /\n/, $stderr;
}

# ---- timeouts ----

my $script = '';
for (1 .. 40)
{
	$script .= sprintf("SET statement_timeout = '%dus';\n%s;\n", rand() < 0.5 ? 1000 + rand 3000 : 1000 + rand 30000, $_) for next_calls();
}
append_to_file("$dir/timeouts", $script);
my @errors = errors_of("$dir/timeouts");
cmp_ok(scalar(@errors), '>', 20, 'statements time out, ' . @errors . ' of ' . 40 * (@calls + 2));
is_deeply([ grep { !/canceling statement due to statement timeout/ } @errors ], [], 'and nothing else goes wrong');
sound($node, 'after timeouts');

# ---- cancels ----

my @sessions;
for my $client (1 .. 4)
{
	my $file = "$dir/cancels$client";
	append_to_file($file, join '', map { "$_;\n" } map { next_calls() } 1 .. 12);
	my $stderr = '';
	push @sessions, { stderr => \$stderr, run => IPC::Run::start([ 'psql', '-Xq', '-o', '/dev/null',
		'-d', $node->connstr('postgres') . ' application_name=victim', '-f', $file ], '2>', \$stderr) };
}
my $canceller = $node->background_psql('postgres');
my $cancel = q{SELECT count(*) FILTER (WHERE state = 'active' AND pg_cancel_backend(pid)) || ' ' || count(*)
	FROM pg_stat_activity WHERE application_name = 'victim'};
my $cancelled = 0;
for (1 .. 3000)
{
	my ($now, $left) = split / /, $canceller->query_safe($cancel);
	$cancelled += $now;
	last if $left == 0 && $cancelled > 0;
	sleep rand 0.01;
}
$canceller->quit;
$_->{run}->finish for @sessions;
@errors = map { grep { /ERROR|FATAL/ } split /\n/, ${ $_->{stderr} } } @sessions;
cmp_ok(scalar(@errors), '>', 20, 'statements are cancelled, ' . @errors . " by $cancelled requests");
is_deeply([ grep { !/canceling statement due to user request/ } @errors ], [], 'and nothing else goes wrong');
sound($node, 'after cancels');

# ---- memory ----

# A session whose backend is under a limit that prlimit sets, such as its address
# space now and so many bytes more.
sub limited_session
{
	my ($limit, $bytes) = @_;
	my $session = $node->background_psql('postgres', on_error_stop => 0);
	$session->query_safe(q{LOAD 'rbac'; LOAD 'plpgsql'});
	my ($pages) = split / /, $session->query_safe(q{SELECT pg_read_file('/proc/self/statm')});
	$bytes += $pages * 4096 if $limit eq 'as';
	my $pid = $session->query_safe('SELECT pg_backend_pid()');
	system_or_bail('prlimit', '--pid', $pid, "--$limit=$bytes");
	return ($session, $pid);
}

# Messages of the errors of a session's statements, with their number.
sub count_errors
{
	my ($session, $count, @statements) = @_;
	for my $statement (@statements)
	{
		$session->query($statement);
		$count->{$1}++ while $session->{stderr} =~ /(?:ERROR|FATAL):  (.*)/g;
		$session->{stderr} = '';
	}
}

my $check = q{SELECT rbac.allows(grants, 'Doc:Read', '{"region": "nowhere"}') FROM document};
# The server itself ends a session that has no memory to begin a subtransaction.
# What ends otherwise takes the whole server along, which does not restart here.
my %count = ('out of memory' => 0);
for my $kilobytes (map { 64 * $_ } 0 .. 48)
{
	my ($session) = limited_session('as', 1024 * $kilobytes);
	eval {
		count_errors($session, \%count, next_calls(), $check,
			as_caller('acme', 'ann') . q{SELECT rbac.has_permission('Doc:Read', 'region', 'emea'::text)});
		$session->quit;
	};
}
cmp_ok($count{'out of memory'}, '>', 20, "memory runs out, $count{'out of memory'} times");
is_deeply([ grep { !/out of memory/ } keys %count ], [], 'and nothing else goes wrong');
sound($node, 'after want of memory');

# ---- disk space ----

# Files that are larger already cannot grow.
$node->safe_psql('postgres', q{INSERT INTO rbac.audit_event (operation, detail) SELECT 'none', '{}' FROM generate_series(1, 20000)});
my ($session) = limited_session('fsize', 1024 * 1024);
%count = ();
count_errors($session, \%count, map { next_calls() } 1 .. 10);
$session->quit;
cmp_ok(scalar(keys %count), '>', 0, 'tables cannot grow');
is_deeply([ grep { !/^could not (?:extend|write|truncate).*File too large/ } keys %count ], [], 'and nothing else goes wrong');
sound($node, 'after want of disk space');

# The log cannot be written, which ends the server.
$node->append_conf('postgresql.conf', 'restart_after_crash = on');
$node->reload;
my $before = contents($node);
($session) = limited_session('fsize', 8192);
crash($node, sub { eval { $session->query(join ";\n", next_calls()); $session->quit } });
is(contents($node), $before, 'what could not be logged has not happened');
sound($node, 'after want of space for the log');

$node->stop;
done_testing();

# What an ordinary role tries with a connection of its own: options, settings and
# what a pooled session leaves behind; and claims that are meant to be expensive.
# Attacks by SQL alone: test/pgtap/attacks.sql.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use RbacTest;
use Test::More;

my $node = start_node('main');
set_up_acme($node);
$node->safe_psql('postgres', q{
	CREATE ROLE app_owner NOLOGIN;
	CREATE ROLE web NOLOGIN;
	CREATE ROLE mallory LOGIN;
	CREATE ROLE authenticator LOGIN NOINHERIT;
	GRANT web TO authenticator, mallory;
	CREATE TABLE doc AS SELECT i AS id, CASE WHEN i % 2 = 0 THEN 'emea' ELSE 'apac' END AS region FROM generate_series(1, 20000) AS i;
	ALTER TABLE doc ENABLE ROW LEVEL SECURITY;
	ALTER TABLE doc OWNER TO app_owner;
	CREATE POLICY doc_read ON doc FOR SELECT USING (rbac.has_permission('Doc:Read', 'region', region));
	GRANT SELECT ON doc TO web});
my @as_mallory = (extra_params => [ '-U', 'mallory' ]);
my @as_gateway = (extra_params => [ '-U', 'authenticator' ]);
my $count = 'SELECT count(*) FROM doc';
my $ann = q{'{"sub": "ann", "org_id": "acme"}'};
is($node->safe_psql('postgres', $count), 20000, 'there are rows');

# ---- options of a connection ----

for my $option ('row_security=off', 'role=app_owner', 'role=postgres', 'session_authorization=postgres', 'session_replication_role=replica',
	'ignore_system_indexes=on', 'session_preload_libraries=rbac', 'rbac.caller=4\ acme\ adm', 'rbac.trusted_session_users=mallory',
	qq{request.jwt.claims={"sub":"adm","org_id":"acme"}}, 'search_path=pg_temp,public', 'plan_cache_mode=force_generic_plan')
{
	local $ENV{PGOPTIONS} = "-c $option";
	my ($code, $stdout, $stderr) = $node->psql('postgres', $count, @as_mallory);
	ok($stdout eq '0' || $stderr =~ /permission denied|would be affected by row-level security/, "-c $option") or diag("$stdout $stderr");
}
for my $sql ('SET ROLE app_owner', 'SET ROLE authenticator', 'SET SESSION AUTHORIZATION authenticator', 'SET SESSION AUTHORIZATION postgres',
	'SET session_replication_role = replica', 'ALTER ROLE authenticator RENAME TO x', q{ALTER ROLE mallory SUPERUSER},
	'CREATE ROLE my_gateway LOGIN', 'GRANT authenticator TO mallory', 'ALTER SYSTEM SET rbac.trusted_session_users = mallory', q{ALTER DATABASE postgres SET rbac.trusted_session_users = mallory},
	q{LOAD 'rbac.so'}, 'ALTER EXTENSION rbac ADD TABLE mine', 'ALTER EXTENSION rbac UPDATE', 'DROP EXTENSION rbac',
	'COMMENT ON EXTENSION rbac IS NULL', 'SELECT pg_read_file(current_setting($$config_file$$))', 'SELECT pg_reload_conf()', q{COPY (SELECT 1) TO PROGRAM 'cat'},
	'CREATE EVENT TRIGGER e ON ddl_command_end EXECUTE FUNCTION suppress_redundant_updates_trigger()', 'CREATE FUNCTION f(internal) RETURNS internal LANGUAGE c AS $$rbac$$, $$rbac_has_permission_support$$')
{
	fails_with($node, "CREATE TEMPORARY TABLE mine (x integer); $sql", '42501', "denied: $sql", @as_mallory);
}

# ---- a gateway's session, request after request ----

# What is in it that belongs to a request, as PostgREST makes one.
sub request
{
	my ($claims, $sql) = @_;
	return "BEGIN; SELECT FROM set_config('role', 'web', true) AS r, set_config('request.jwt.claims', $claims, true) AS c; $sql; COMMIT;\n";
}

result_is($node, request($ann, $count), '10000', 'a request of ann', @as_gateway);
for my $claims ("''", "'null'", "'{'", "repeat('[', 100000)", "repeat(' ', 10000000)", "'{\"sub\": \"ann\"}'", "U&'\\FFFF'")
{
	result_is($node, request($ann, $count) . request($claims, $count), "10000\n0", "then one with claims $claims", @as_gateway);
}
for my $ending ('SELECT 1 / 0', 'SELECT 1; ROLLBACK', 'SAVEPOINT s; SELECT 1 / 0; ROLLBACK TO s', 'SELECT pg_cancel_backend(pg_backend_pid())',
	q{SET LOCAL statement_timeout = 1; SELECT pg_sleep(1)}, 'PREPARE TRANSACTION $$p$$')
{
	my ($code, $stdout) = $node->psql('postgres', request($ann, $ending) . "\n; ROLLBACK;\n$count", on_error_stop => 0,
		extra_params => [ '-U', 'authenticator' ]);
	unlike($stdout, qr/^10000$/m, "nothing is left of a request that ends with $ending");
}
result_is($node, "PREPARE p AS $count; " . request($ann, 'EXECUTE p') . request("''", 'EXECUTE p') . request($ann, 'EXECUTE p'),
	"10000\n0\n10000", 'a plan is for whoever calls', @as_gateway);

# What a session keeps of its own accord, it keeps; DISCARD ALL ends that.
my $hold = request($ann, "DECLARE held CURSOR WITH HOLD FOR $count; CREATE TEMPORARY TABLE kept AS $count");
$node->safe_psql('postgres', 'GRANT TEMPORARY ON DATABASE postgres TO web');
result_is($node, $hold . request("''", 'FETCH held'), '10000', 'a held cursor has what it has read', @as_gateway);
for my $sql ('FETCH held', 'TABLE pg_temp.kept')
{
	fails_with($node, "$hold DISCARD ALL; " . request("''", $sql), $sql =~ /FETCH/ ? '34000' : '42P01', "after DISCARD ALL nothing: $sql", @as_gateway);
}

# ---- what others run ----

my $session = $node->background_psql('postgres', extra_params => [ '-U', 'authenticator' ]);
$session->query_safe(q{SELECT 'a token in a query'});
is($node->safe_psql('postgres', q{SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%a token in a query%' AND pid <> pg_backend_pid()}, @as_mallory), 0,
	'queries of other roles are not shown');
$session->quit;

# ---- claims that are meant to be expensive ----

# Clock ticks of processor time, of scans that ask 100000 times.
sub ticks
{
	my $claims = shift;
	my $ticks = q{SELECT split_part(regexp_replace(pg_read_file('/proc/self/stat'), '^.*[)] ', ''), ' ', 12)};
	my $gateway = 'SET SESSION AUTHORIZATION authenticator; SET ROLE web;';
	my ($before, $counted, $after) = split /\n/, $node->safe_psql('postgres', qq{
		$gateway SELECT rbac.current_user_id() WHERE false; RESET SESSION AUTHORIZATION;
		SET request.jwt.claims = '$claims';
		$ticks; $gateway SELECT sum(n) FROM generate_series(1, 5), LATERAL ($count) AS c (n); RESET SESSION AUTHORIZATION; $ticks});
	return ($after - $before, $counted);
}
my $start = '{"sub": "ann", "org_id": "acme", "x": ';
my ($usual) = ticks("$start 1}");
for (['64 kB', $start . '[' . '"\u00e9", ' x 6000 . '1]}', 50000], ['64 kB of brackets', $start . '[' x 30000 . ']' x 30000 . '}', 0],
	['10 MB', '{"sub": ' x 1300000, 0])
{
	my ($name, $claims, $rows) = @$_;
	my ($ticks, $counted) = ticks($claims);
	cmp_ok($ticks, '<=', 5 * $usual + 20, "claims of $name are not read for each row") or diag("usually $usual ticks");
	is($counted, $rows, 'and name who they name');
}

$node->stop;
done_testing();

# Rate limits over all connections, in shared memory; and maintenance.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use RbacTest;
use Test::More;

my $node = start_node('main');
my $needs_preload = $node->safe_psql('postgres', 'SHOW server_version_num') < 170000;
set_up_acme($node);
$node->safe_psql('postgres', q{
	CREATE SEQUENCE served;
	CREATE SEQUENCE refused;
	CREATE FUNCTION ask(query text) RETURNS text LANGUAGE plpgsql AS $$
	DECLARE
		answer text;
	BEGIN
		EXECUTE query;
		PERFORM nextval('served');
		RETURN '200';
	EXCEPTION WHEN SQLSTATE 'PGRST' THEN
		GET STACKED DIAGNOSTICS answer = PG_EXCEPTION_DETAIL;
		PERFORM nextval('refused');
		RETURN answer::json ->> 'status';
	END
	$$});
my $get_roles = q{SELECT ask('SELECT rbac_api.get_roles(''acme'')')};
my $refused = qr/"status":429,"headers":\{"Retry-After":"\d+","X-RateLimit-Limit":"20","X-RateLimit-Remaining":"0","X-RateLimit-Reset":"\d+"\}/;

sub statuses_are
{
	my ($user_id, $sql, $expected, $name, %params) = @_;
	result_is($node, as_caller('acme', $user_id) . "SELECT status, count(*) FROM ($sql) AS s (status) GROUP BY 1 ORDER BY 1",
		$expected, $name, %params);
}

# ---- without shared memory ----

my ($code, $stdout, $stderr) = $node->psql('postgres', as_caller('acme', 'adm') . "$get_roles FROM generate_series(1, 30); $get_roles");
if ($needs_preload)
{
	unlike($stdout, qr/429/, 'without shared memory everything is served');
	is(() = $stderr =~ /WARNING:  rate limits are not enforced/g, 1, 'and each session is told once');
	result_is($node, as_caller('acme', 'adm') . q{SELECT * FROM rbac_internal.count_request('x', 3, 'acme', 'adm', true)}, 't|3|', 'nothing is counted');
}
else
{
	is(() = $stdout =~ /429/g, 11, 'limits need no preloading');
	is($stderr, '', 'and there is nothing to say');
}

$node->append_conf('postgresql.conf', q{shared_preload_libraries = 'rbac'});
$node->append_conf('postgresql.conf', 'max_connections = 100');
$node->restart;

# ---- what counts ----

statuses_are('adm', "$get_roles FROM generate_series(1, 19)", '200|19', 'requests are served up to the limit');
$node->psql('postgres', as_caller('acme', 'adm') . "BEGIN; $get_roles; ROLLBACK");
statuses_are('adm', $get_roles, '429|1', 'a request counts, committed or not, in every connection');
fails_with($node, as_caller('acme', 'adm') . q{SELECT rbac_api.get_roles('acme')}, $refused, 'headers tell what the limit is');
fails_with($node, as_caller('acme', 'adm') . q{SELECT rbac_api.get_roles('nowhere')}, qr/"status":404/,
	'an unknown organization comes before the limit');
fails_with($node, as_caller('acme', 'adm') . q{SELECT rbac_api.get_roles('acme', id => '{x}')}, qr/"status":429/,
	'the limit before arguments');
statuses_are('ann', $get_roles, '200|1', 'every user has requests of their own');
statuses_are('adm', q{SELECT ask('SELECT rbac_api.user_privileges(''acme'', ''ann'')') FROM generate_series(1, 50)},
	'200|50', 'what has no limit is not limited');
statuses_are('adm', q{SELECT ask('SELECT rbac_api.modify_role(''acme'', ''None'')') FROM generate_series(1, 12)},
	'404|10' . "\n" . '429|2', 'requests that fail count');
statuses_are('ann', q{SELECT ask('SELECT rbac_api.modify_role(''{"organization": "acme"}''::jsonb)') FROM generate_series(1, 12)},
	'422|10' . "\n" . '429|2', 'those without their arguments too');
result_is($node, q{
	SELECT allowed, remaining FROM generate_series(1, 4) AS n, LATERAL rbac_internal.count_request('x', 2 + 0 * n, 'acme', 'ben', true)},
	"t|1\nt|0\nf|0\nf|0", 'what remains');
result_is($node, q{
	SELECT reset BETWEEN now() + interval '55 s' AND now() + interval '60 s', allowed, remaining
	FROM rbac_internal.count_request('x', 5, 'acme', 'ben', true)}, 't|t|2', 'a higher limit counts from where it was');
result_is($node, q{
	SELECT remaining FROM (VALUES ('a', 'bx', true), ('ab', 'x', true), ('a', 'bx', false), ('a', 'bx', true)) AS v (organization, id, is_proven),
		LATERAL rbac_internal.count_request('y', 9, organization, v.id, is_proven)}, "8\n8\n8\n7", 'names are told apart');
$node->safe_psql('postgres', 'CREATE DATABASE other');
set_up_acme($node, 'other');
result_is($node, as_caller('acme', 'adm') . q{SELECT count(rbac_api.get_roles('acme'))}, 1, 'databases are told apart',
	database => 'other');

# ---- changing limits ----

$node->safe_psql('postgres', q{INSERT INTO rbac.rate_limit VALUES ('get_roles', 25)});
statuses_are('adm', "$get_roles FROM generate_series(1, 7)", "200|5\n429|2", 'a limit can be raised');
$node->safe_psql('postgres', q{UPDATE rbac.rate_limit SET requests = NULL});
statuses_are('adm', "$get_roles FROM generate_series(1, 30)", '200|30', 'and be lifted');
$node->safe_psql('postgres', 'CREATE DATABASE restored');
command_ok([ 'bash', '-c', 'set -o pipefail; pg_dump -Fc "$0" | pg_restore --exit-on-error -d "$1"',
	$node->connstr('postgres') =~ s/'//gr, $node->connstr('restored') =~ s/'//gr ], 'dump and restore');
is($node->safe_psql('restored', 'SELECT * FROM rbac.rate_limit'), 'get_roles|', 'a changed limit is in a dump');
$node->safe_psql('postgres', 'DELETE FROM rbac.rate_limit');

# ---- sign-ins, which need no caller ----

my $sign_in = q{SELECT ask(format('SELECT rbac_api.sign_in_with_api_key(%L, %L, ''a guess'', ''ben'')', organization, id))
	FROM generate_series(1, 5), (VALUES %s) AS v (organization, id)};
$node->safe_psql('postgres', q{SELECT rbac.create_organization('globex')});
result_is($node, 'SELECT DISTINCT s.* FROM (' . sprintf($sign_in, q{('acme', 'k0')}) . ') AS s', 401, 'sign-ins have no limit by default');
$node->safe_psql('postgres', q{INSERT INTO rbac.rate_limit VALUES ('sign_in_with_api_key', 3)});
statuses_are('adm', sprintf($sign_in, q{('acme', 'k1')}), "401|3\n429|2", 'guesses of a key are limited');
result_is($node, sprintf($sign_in, q{('acme', 'k1')}) . ' LIMIT 1', 429, 'whoever makes them');
result_is($node, 'SELECT s.*, count(*) FROM (' . sprintf($sign_in, q{('acme', 'k2'), ('globex', 'k1'), ('acme', NULL)}) . ') AS s GROUP BY 1 ORDER BY 1',
	"401|9\n429|6", 'every key of an organization has sign-ins of its own, and so has none');
fails_with($node, q{SELECT rbac_api.sign_in_with_api_key('acme', 'k1', 'a guess', 'ben')},
	qr/"code":"53400".*\n.*"status":429,"headers":\{"Retry-After":"\d+","X-RateLimit-Limit":"3","X-RateLimit-Remaining":"0"/, 'headers tell');
fails_with($node, q{SELECT rbac_api.sign_in_with_api_key('nowhere', 'k1', 'a guess', 'ben')}, qr/"status":404/,
	'an unknown organization comes before the limit');
$node->safe_psql('postgres', 'DELETE FROM rbac.rate_limit');

# ---- 50 clients at once ----

$node->safe_psql('postgres', q{SELECT setval('served', 1, false), setval('refused', 1, false)});
$node->pgbench('--no-vacuum --client=50 --jobs=2 --transactions=8', 0, [qr{processed: 400/400}], [qr{^$}],
	'50 clients', { '020_rate_limit' => as_caller('acme', 'ben') . $get_roles });
is($node->safe_psql('postgres', q{SELECT last_value FROM served UNION ALL SELECT last_value FROM refused}),
	"20\n380", '50 clients together get no more and no less than one');

# ---- memory is bounded ----

my $flood = q{SELECT count(*) FILTER (WHERE allowed) FROM generate_series(1, 200000) AS n,
	LATERAL rbac_internal.count_request('z', 1, 'acme', n::text, %s)};
result_is($node, sprintf($flood, 'false'), 200000, 'more counters than there is room for are allowed');
result_is($node, q{SELECT allowed FROM rbac_internal.count_request('w', 1, 'acme', 'ben', true), generate_series(1, 2)
	UNION ALL SELECT allowed FROM rbac_internal.count_request('w', 1, 'acme', 'ben', true)},
	"t\nt\nf", 'names that are made up take no room from users');
result_is($node, sprintf($flood, 'true'), 200000, 'nor are users refused for want of room');
statuses_are('ben', $get_roles, '429|1', 'and drive out none that is live');

# ---- a restart forgets ----

$node->restart;
statuses_are('ben', $get_roles, '200|1', 'a restart forgets');

# ---- maintenance ----

$node->safe_psql('postgres', 'ALTER SYSTEM SET rbac.maintenance = on');
my $session = $node->background_psql('postgres', on_error_stop => 0);
$session->query_safe(as_caller('acme', 'ann'));
is($session->query_safe($get_roles), '200', 'before maintenance');
$node->reload;
$node->poll_query_until('postgres', q{SELECT current_setting('rbac.maintenance')::boolean});
is($session->query_safe($get_roles), '503', 'maintenance begins with a reload');
fails_with($node, q{SELECT rbac_api.sign_in_with_api_key('nowhere', 'x', 'x', 'x')},
	qr/"code":"57P03".*\n.*"status":503,"headers":\{"Retry-After":"\d+"\}/, 'it comes before anything else');
is($node->safe_psql('postgres', as_caller('acme', 'ann') . q{SELECT rbac.has_permission('Doc:Write')}), 't', 'SQL goes on');
$node->safe_psql('postgres', 'ALTER SYSTEM RESET rbac.maintenance');
$node->reload;
$node->poll_query_until('postgres', q{SELECT NOT current_setting('rbac.maintenance')::boolean});
is($session->query_safe($get_roles), '200', 'and ends with one');
$session->quit;

$node->stop;
done_testing();

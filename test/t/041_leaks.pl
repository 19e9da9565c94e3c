# Neither checks nor errors that are caught leave memory behind: what a session
# uses is the same after a million of the ones, and after 100,000 of the
# others. How high memory goes meanwhile is in 007_many.pl.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use PostgreSQL::Test::Utils;
use RbacTest;
use Test::More;

my $slack = 64 * 1024; # bytes: what the server itself caches more

my $node = start_node('main');
$node->append_conf('postgresql.conf', q{shared_preload_libraries = 'rbac'});
$node->restart;
set_up_acme($node);
$node->safe_psql('postgres', q{
	CREATE CAST (bytea AS rbac.privileges) WITHOUT FUNCTION;
	-- How often a statement fails that is tried n times.
	CREATE FUNCTION failures(statement text, n integer) RETURNS integer LANGUAGE plpgsql AS $$
	DECLARE
		failed integer := 0;
	BEGIN
		FOR i IN 1 .. n LOOP
			BEGIN
				EXECUTE statement;
			EXCEPTION WHEN OTHERS THEN
				failed := failed + 1;
			END;
		END LOOP;
		RETURN failed;
	END $$});

my $session;

# In bytes; blocks of memory contexts have more.
sub used
{
	return $session->query_safe('SELECT sum(used_bytes) FROM pg_backend_memory_contexts');
}

# What the process has of its own in kB, json-c's memory included.
sub resident
{
	my ($size) = $session->query_safe(q{SELECT pg_read_file('/proc/self/status')}) =~ /^RssAnon:\s+(\d+) kB/m;
	return $size;
}

# leaves_nothing(name, statement of a number, its last value): a first time with
# some of it, so that all is remembered that ever will be
sub leaves_nothing
{
	my ($name, $statement, $number) = @_;
	$session->query_safe(sprintf $statement, $number / 10) for 1 .. 2;
	my ($used, $resident) = (used(), resident());
	my $result = $session->query_safe(sprintf $statement, $number);
	my $more = used() - $used;
	is($result, $number, "$number $name");
	cmp_ok($more, '<', $slack, "$name leave nothing in use: $more bytes");
	$more = resident() - $resident;
	cmp_ok($more, '<', 1024, "nor in the process: $more kB");
}

# ---- checks ----

$session = $node->background_psql('postgres', on_error_stop => 0);
$session->query_safe(as_caller('acme', 'ann'));
leaves_nothing('checks', q{SELECT count(*) FROM (SELECT generate_series(1, %d) AS n OFFSET 0) AS s
	WHERE rbac.has_permission('Doc:Read', 'region', 'emea'::text, 'level', n)}, 1000000);

# ---- errors, as many of each as make 100,000 ----

my @errors = (
	[ 'a document is malformed', 30000, q<SELECT '[{"permission_name":"A:B","conditions":{"\u00e9":{"type":"In","values":[1.50e1,"\u00e9'::rbac.privileges> ],
	[ 'a document is past a limit', 2000, q{SELECT ('[' || repeat('{"permission_name":"A:B"},', 300) || repeat('[', 40))::rbac.privileges} ],
	[ 'a stored image is damaged', 20000, q{SELECT '\x010301000003413a4302'::bytea::rbac.privileges @> '[]'} ],
	[ 'attributes are no object', 15000, q{SELECT rbac.allows('[{"permission_name":"*"}]', 'A:B', '["\u00e9", 1]')} ],
	[ 'a permission is missing', 15000, q{SELECT rbac.require_permission('Doc:Read', 'region', 'apac'::text)} ],
	[ 'a token is no token', 10000, q{SET LOCAL rbac.jwt_secret = 'a secret that has to have 32 bytes at least';
		SELECT rbac.authenticate('eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJib2IifQ.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA')} ],
	[ 'administration is refused', 2000, q{SELECT rbac.assign_role('acme', 'Admin', 'ben')} ],
	[ 'administration is invalid', 2000, q{SELECT rbac.create_role('acme', 'New', 'x', '[{"permission_name": "No:Such"}]', 'client')} ],
	[ 'HTTP is refused', 4000, q{SELECT rbac_api.get_roles('nowhere')} ]);

for my $error (@errors)
{
	my ($name, $times, $statement) = @$error;
	leaves_nothing("errors because $name", "SELECT failures(\$q\$$statement\$q\$, %d)", $times);
}
cmp_ok(eval join('+', map { $_->[1] } @errors), '>=', 100000, 'errors in all');
$session->quit;

# ---- reading that is interrupted ----

my $blocker = $node->background_psql('postgres');
$session = $node->background_psql('postgres', on_error_stop => 0);
$session->query_safe(as_caller('acme', 'ann') . q{SET lock_timeout = '1ms'});
$blocker->query_safe('BEGIN; LOCK TABLE rbac.organization');
leaves_nothing('errors because a table is locked', q{SELECT failures('SELECT rbac.has_permission(''Doc:Write'')', %d)}, 1000);
$blocker->query_safe('ROLLBACK');
is($session->query_safe(q{SELECT rbac.has_permission('Doc:Write')}), 't', 'and it answers when the lock is gone');
$session->quit;
$blocker->quit;

$node->stop;
done_testing();

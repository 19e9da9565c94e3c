# What doctor() finds that only a server of its own can have: settings, in each
# place where they can be, and what a restore did. The rest: test/sql/doctor.sql.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use RbacTest;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = start_node('main');
set_up_acme($node);
$node->safe_psql('postgres', 'CREATE ROLE web; CREATE ROLE authenticator LOGIN NOINHERIT; REVOKE CREATE ON SCHEMA public FROM PUBLIC');

# The problems that there are are these.
sub problems_are
{
	my ($expected, $name, %params) = @_;
	is($node->safe_psql($params{database} // 'postgres',
		'SELECT severity, object, problem FROM rbac.doctor()'), $expected, $name);
}

sub remedy
{
	return $node->safe_psql($_[0] // 'postgres', 'SELECT remedy FROM rbac.doctor()');
}

# ---- the secret ----

problems_are('', 'at first');
my $secret = q{rbac.jwt_secret = 'a secret that has to have 32 bytes at least'};
my $set_by = 'error|parameter rbac.jwt_secret|is set by ALTER %s, where every user can read it, and so it is not used';
my $in_configuration = 'error|parameter rbac.jwt_secret|is in the configuration of a server that does not preload the library, '
	. 'where every user can read it, and so it is not used';

for my $place ('DATABASE postgres', 'ROLE web', 'ROLE web IN DATABASE postgres', 'ROLE ALL')
{
	$node->safe_psql('postgres', "ALTER $place SET $secret");
	problems_are(sprintf($set_by, $place), "a secret set by ALTER $place");
	my $remedy = remedy();
	$node->safe_psql('postgres', $remedy);
	problems_are('', "is no problem after $remedy");
}
$node->append_conf('postgresql.conf', $secret);
$node->restart;
problems_are($in_configuration, 'a secret in the configuration, without the library');

# ---- rate limits ----

my $limits = 'warning|parameter shared_preload_libraries|does not name rbac, and so rate limits over HTTP are not enforced';
my $needs_preloading = $node->safe_psql('postgres', q{SELECT current_setting('server_version_num')::integer < 170000}) eq 't';
$node->safe_psql('postgres', 'GRANT USAGE ON SCHEMA rbac_api TO web');
problems_are(join("\n", $in_configuration, $needs_preloading ? $limits : ()), 'and limits over HTTP');

my $directory = $node->safe_psql('postgres', q{SELECT split_part(current_setting('dynamic_library_path'), ':', 1)});
for my $libraries (q{'rbac'}, qq{'$directory/rbac'}, q{'auto_explain, "rbac"'})
{
	$node->append_conf('postgresql.conf', "shared_preload_libraries = $libraries");
	$node->restart;
	problems_are('', "no problem with shared_preload_libraries = $libraries");
}

# ---- readers of the secret ----

$node->safe_psql('postgres', 'CREATE ROLE monitor LOGIN IN ROLE pg_monitor');
problems_are('warning|role monitor|can log in, and can read rbac.jwt_secret, and so sign a token for anybody, '
	. 'as a member of pg_read_all_settings', 'a role that can read the secret');
$node->safe_psql('postgres', 'DROP ROLE monitor');

# ---- a restore ----

my $dump = $node->backup_dir . '.dump';
$node->command_ok([ 'pg_dump', '-Fc', '-f', $dump, 'postgres' ], 'dumped');
for my $options ([], ['--disable-triggers'])
{
	$node->safe_psql('postgres', 'DROP DATABASE IF EXISTS restored; CREATE DATABASE restored TEMPLATE template0');
	$node->command_ok([ 'pg_restore', '-d', 'restored', '--section=pre-data', $dump ], 'the schema is restored');
	$node->command_ok([ 'pg_restore', '-d', 'restored', '-a', @$options, $dump ], "the data is restored with @$options");
	if (!@$options)
	{
		problems_are('', 'and all is well', database => 'restored');
		next;
	}
	like($node->safe_psql('restored', 'SELECT DISTINCT problem FROM rbac.doctor()'), qr/ is not ENABLE ALWAYS: /,
		'triggers that do not always fire are found');
	$node->safe_psql('restored', remedy('restored'));
	problems_are('', 'until the remedies were run', database => 'restored');
}

# ---- who may ask ----

fails_with($node, as_caller('acme', 'adm') . 'SELECT * FROM rbac.doctor()', '42501', 'no caller may ask, administrator or not');
fails_with($node, 'SELECT * FROM rbac.doctor()', '28000', 'nor an ordinary role', extra_params => [ '-U', 'authenticator' ]);

$node->stop;
done_testing();

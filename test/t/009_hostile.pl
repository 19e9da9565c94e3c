# What hostile users try with what a connection, maintenance or a configuration
# file gives them. What they can try in plain SQL is in test/sql/hostile.sql.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use RbacTest;
use Test::More;

my $node = start_node('main');
set_up_acme($node);
$node->safe_psql('postgres', q{
	CREATE ROLE mallory LOGIN;
	CREATE ROLE authenticator LOGIN NOINHERIT;
	GRANT CREATE ON SCHEMA public TO mallory});

# ---- ignore_system_indexes, which every client can set when it connects ----

$node->safe_psql('postgres', q{SELECT rbac.modify_role('acme', 'Editor', permission_grants => '[]', inherited_from => '{}')});
{
	local $ENV{PGOPTIONS} = '-c ignore_system_indexes=on';
	is($node->safe_psql('postgres', q{
		SET request.jwt.claims = '{"sub": "ann", "org_id": "acme"}';
		SELECT rbac.current_user_id(), rbac.has_permission('Doc:Write')}, extra_params => [ '-U', 'authenticator' ]),
		'ann|f', 'a superseded version of a role grants nothing, with indexes or without');
	is($node->safe_psql('postgres', q{
		SET request.jwt.claims = '{"sub": "adm", "org_id": "acme"}';
		SELECT rbac.has_permission('Doc:Write')}, extra_params => [ '-U', 'authenticator' ]),
		't', 'the current one grants what it does');
}

# ---- naming a caller in somebody else's session ----

$node->safe_psql('postgres', q{
	CREATE TABLE heard (caller text);
	GRANT INSERT ON heard TO PUBLIC;
	CREATE FUNCTION become_adm() RETURNS text LANGUAGE plpgsql AS $$
	DECLARE
		detail text;
	BEGIN
		PERFORM rbac.set_caller('acme', 'adm');
		RETURN rbac.current_user_id();
	EXCEPTION WHEN insufficient_privilege THEN
		GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
		RETURN 'refused: ' || detail;
	END
	$$});
$node->safe_psql('postgres', q{
	CREATE FUNCTION trap(value text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
	BEGIN
		RAISE LOG 'trap: %', public.become_adm();
		RETURN value;
	END
	$$;
	CREATE TABLE bait (value text);
	CREATE INDEX ON bait (trap(value));
	INSERT INTO bait VALUES ('x');
	CREATE FUNCTION definer_trap() RETURNS text LANGUAGE sql SECURITY DEFINER AS 'SELECT public.become_adm()'},
	extra_params => [ '-U', 'mallory' ]);

my $offset = -s $node->logfile;
$node->safe_psql('postgres', 'ANALYZE bait; REINDEX TABLE bait');
like(substr(PostgreSQL::Test::Utils::slurp_file($node->logfile), $offset), qr/trap: refused: What maintenance or a materialized view runs may be anybody's\./,
	'not in maintenance by a superuser');
unlike(substr(PostgreSQL::Test::Utils::slurp_file($node->logfile), $offset), qr/trap: adm/, 'not once');
my $refused = 'refused: In a SECURITY DEFINER function its owner counts, who is not listed in "rbac.trusted_session_users".';
is($node->safe_psql('postgres', 'SELECT definer_trap()'), $refused, 'not in a SECURITY DEFINER function that a superuser calls');
is($node->safe_psql('postgres', 'SELECT definer_trap()', extra_params => [ '-U', 'authenticator' ]),
	$refused, 'nor a trusted session');
is($node->safe_psql('postgres', 'SELECT become_adm()', extra_params => [ '-U', 'authenticator' ]),
	'adm', 'a trusted session itself does');
is($node->safe_psql('postgres', 'ALTER FUNCTION definer_trap() OWNER TO authenticator; SELECT definer_trap()'),
	'adm', 'and so does a function of a trusted role');

# ---- the secret ----

my $secret = 'a secret that has to have 32 bytes at least';
my $call = q{SELECT rbac.authenticate('x.y.z')};
my $sign = qq{SELECT rbac_internal.sign_token('acme', 'adm', now() + interval '1 hour')};

$node->append_conf('postgresql.conf', "rbac.jwt_secret = '$secret'");
$node->restart;
is($node->safe_psql('postgres', 'SHOW rbac.jwt_secret', extra_params => [ '-U', 'mallory' ]), $secret,
	'a secret in the configuration of a server without the library is everybody\'s');
fails_with($node, $sign, '55000', 'and so it signs nothing');
is($node->safe_psql('postgres', qq{SET rbac.jwt_secret = '$secret'; SELECT length(($sign)) > 100}), 't',
	'unless it is set for one session');

$node->append_conf('postgresql.conf', q{shared_preload_libraries = 'rbac'});
$node->restart;
my ($code, $stdout, $stderr) = $node->psql('postgres', 'SHOW rbac.jwt_secret', extra_params => [ '-U', 'mallory' ]);
like($stderr, qr/permission denied|must be superuser|pg_read_all_settings/, 'preloaded, nobody else can read it');
like($node->safe_psql('postgres', $sign), qr/^[\w-]+\.[\w-]+\.[\w-]+$/, 'and it signs');
$node->safe_psql('postgres', qq{ALTER DATABASE postgres SET rbac.jwt_secret = '$secret'});
fails_with($node, $sign, '55000', 'set for a database it stands in a catalog, and signs nothing');

# ---- how the extension is created, and in what ----

$node->safe_psql('postgres', 'CREATE DATABASE strings');
is($node->safe_psql('strings', q{
	SET standard_conforming_strings = off;
	CREATE EXTENSION rbac;
	SELECT rbac_internal.is_words('ticket 42')}), 't', 'standard_conforming_strings is no matter');

$node->safe_psql('postgres', q{CREATE DATABASE windows TEMPLATE template0 ENCODING 'WIN1252' LC_COLLATE 'C' LC_CTYPE 'C'});
$node->safe_psql('windows', q{
	CREATE EXTENSION rbac;
	SELECT rbac.create_organization('acme')});
result_is($node, as_caller('acme', 'ann') . q{SELECT rbac.has_permission(convert_from('\x413a81', 'WIN1252'))}, 'f',
	'a permission that is no text raises nothing', database => 'windows');

$node->stop;
done_testing();

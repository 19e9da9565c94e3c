# Who acts as the system: whoever invokes an administration function with the
# rights of the extension's owner, and only while there is no caller. And who
# can name a caller.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use RbacTest;
use Test::More;

my $node = start_node('main');
set_up_acme($node);
$node->safe_psql('postgres', q{
	CREATE ROLE app LOGIN;
	CREATE ROLE authenticator LOGIN NOINHERIT;
	GRANT app TO authenticator;
	CREATE ROLE boss LOGIN SUPERUSER;
	CREATE ROLE deputy LOGIN;
	CREATE ROLE reserve LOGIN NOINHERIT;
	GRANT } . $node->safe_psql('postgres', 'SELECT quote_ident(current_user)') . q{ TO deputy, reserve;
	GRANT CREATE ON SCHEMA public TO app;
	CREATE FUNCTION made_by_system(name text) RETURNS void LANGUAGE sql SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp AS 'SELECT rbac.create_organization(name)'});

my $owner = $node->safe_psql('postgres', 'SELECT quote_ident(current_user)');
my $made = 0;

# Is the organization made that the statements are to make, %s in them?
sub made
{
	my ($sql, $role) = @_;
	my $name = 'made ' . ++$made;
	(my $statements = $sql) =~ s/%s/$name/g;
	my ($code, $stdout, $stderr) = $node->psql('postgres', "\\set VERBOSITY verbose\n$statements",
		on_error_stop => 0, extra_params => $role ? [ '-U', $role ] : []);
	my $exists = $node->safe_psql('postgres', "SELECT count(*) FROM rbac.organization WHERE organization = '$name'");
	return $exists ? 'made' : $stderr =~ /ERROR:  (\w+):/ ? $1 : "not made: $stderr";
}

my $create = q{SELECT rbac.create_organization('%s')};

# ---- who ----

is(made($create), 'made', 'the owner');
is(made($create, 'boss'), 'made', 'another superuser');
is(made($create, 'deputy'), 'made', 'a member of the owner');
is(made($create, 'reserve'), '28000', 'not one that does not inherit its rights');
is(made("SET ROLE $owner; $create", 'reserve'), 'made', 'until it takes them');
is(made($create, 'app'), '28000', 'not an ordinary role');
is(made("SET ROLE app; $create"), '28000', 'not a superuser who is an ordinary role for now');
is(made("SET SESSION AUTHORIZATION app; $create"), '28000', 'nor by session authorization');
is(made("SET ROLE app; RESET ROLE; $create"), 'made', 'but a superuser who was');
is(made("SET ROLE app; SELECT 1 / 0; $create"), '22012', 'an error does not change that');
is(made("BEGIN; SET LOCAL ROLE app; SAVEPOINT s; $create; ROLLBACK TO s; RESET ROLE; $create; COMMIT"), 'made',
	'nor does one inside of us');

# ---- through functions ----

is(made(q{SELECT made_by_system('%s')}, 'app'), 'made', 'an ordinary role, through a superuser\'s SECURITY DEFINER function');
$node->safe_psql('postgres', q{
	CREATE FUNCTION trap(name text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS
	$$ BEGIN PERFORM rbac.create_organization(name); END $$;
	CREATE FUNCTION plain(name text) RETURNS void LANGUAGE plpgsql AS
	$$ BEGIN PERFORM rbac.create_organization(name); END $$}, extra_params => [ '-U', 'app' ]);
is(made(q{SELECT trap('%s')}), '28000', 'not a superuser, through an ordinary role\'s SECURITY DEFINER function');
is(made(q{SELECT trap('%s'); SELECT rbac.create_organization('%s')}), 'made', 'only while in it');
is(made(q{SELECT plain('%s')}, 'app'), '28000', 'nor an ordinary role through a function of its own');
$node->safe_psql('postgres', q{
	CREATE FUNCTION nested(name text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS
	$$ BEGIN PERFORM public.trap(name); END $$});
is(made(q{SELECT nested('%s')}, 'app'), '28000', 'the innermost one counts');

# Code of an ordinary role that maintenance runs. It must not fail for the
# role itself, so it hides its errors.
$node->safe_psql('postgres', q{
	CREATE FUNCTION hidden(name text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS
	$$ BEGIN PERFORM rbac.create_organization(name); RETURN 'made'; EXCEPTION WHEN OTHERS THEN RETURN 'refused'; END $$;
	CREATE TABLE bait (name text);
	CREATE INDEX bait_index ON bait (hidden(name));
	INSERT INTO bait VALUES ('by maintenance');
	CREATE MATERIALIZED VIEW bait_view AS SELECT hidden(name) FROM bait}, extra_params => [ '-U', 'app' ]);
$node->safe_psql('postgres', $_)
	for 'REINDEX TABLE bait', 'ANALYZE bait', 'VACUUM FULL bait', 'CLUSTER bait USING bait_index', 'REFRESH MATERIALIZED VIEW bait_view';
is($node->safe_psql('postgres', q{SELECT count(*) FROM rbac.organization WHERE organization = 'by maintenance'}), 0,
	'not an index expression or a materialized view that a superuser rebuilds');

# ---- with a caller ----

is(made(as_caller('acme', 'adm') . $create), '42501', 'a superuser with a caller is that caller');
is(made(as_caller('acme', 'adm') . q{SELECT FROM rbac.set_caller(NULL, NULL, false); } . $create), 'made', 'until there is none');
is(made(q{BEGIN; SELECT FROM rbac.set_caller('acme', 'adm'); ROLLBACK; } . $create), 'made', 'or its transaction is over');
is(made(q{BEGIN; SET request.jwt.claims = '{"sub": "adm", "org_id": "acme"}'; } . $create . '; COMMIT'), 'made',
	'claims name nobody in a session that is not trusted');
is(made(q{SET ROLE app; SET request.jwt.claims = '{"sub": "adm", "org_id": "acme"}'; } . $create, 'authenticator'), '42501',
	'they do in a trusted one');
is(made($create, 'authenticator'), '28000', 'which without them has no caller, and is not the system');

# ---- over HTTP ----

$node->safe_psql('postgres', 'GRANT USAGE ON SCHEMA rbac_api TO app');
my $serve = q{SELECT rbac_api.create_organization('%s')};
is(made($serve), 'PGRST', 'the system never acts over HTTP');
is(made($serve, 'app'), 'PGRST', 'nor does an ordinary role, though the service has the owner\'s rights');
is(made(as_caller('acme', 'adm') . $serve), 'PGRST', 'nor a caller');

# ---- naming a caller ----

my $whoami = 'SELECT rbac.current_organization(), rbac.current_user_id()';
my @as_app = (extra_params => [ '-U', 'app' ]);
fails_with($node, q{SELECT rbac.set_caller('acme', 'adm')}, '42501', 'not in an ordinary session', @as_app);
fails_with($node, "SET SESSION AUTHORIZATION app; SELECT rbac.set_caller('acme', 'adm')", '42501',
	'nor after SET SESSION AUTHORIZATION');
result_is($node, q{SET request.jwt.claims = '{"sub": "adm", "org_id": "acme"}'; } . $whoami, '|',
	'claims of an ordinary session are not believed', @as_app);
result_is($node, q{SET ROLE app; SET request.jwt.claims = '{"sub": "adm", "org_id": "acme"}'; } . $whoami, 'acme|adm',
	'those of a trusted one are', extra_params => [ '-U', 'authenticator' ]);

# One call site, one statement, two session users
my ($code, $stdout, $stderr) = $node->psql('postgres', q{
	SET request.jwt.claims = '{"sub": "adm", "org_id": "acme"}';
	DO $$
	DECLARE
		answer boolean;
	BEGIN
		FOR n IN 1 .. 4 LOOP
			answer := rbac.has_permission('Doc:Read');
			RAISE NOTICE '%: %', rbac.current_user_id(), answer;
			IF n % 2 = 1 THEN SET SESSION AUTHORIZATION authenticator; ELSE RESET SESSION AUTHORIZATION; END IF;
		END LOOP;
	END $$});
is(join(' ', $stderr =~ /NOTICE:  (.*)/g), '<NULL>: f adm: t <NULL>: f adm: t', 'checks follow the session user as the caller does');

# Before the library is loaded, its parameters are anybody's placeholders.
for my $setting (q{rbac.caller = '4 acme adm'}, 'rbac.trusted_session_users = app',
	q{rbac.jwt_secret = '0123456789abcdef0123456789abcdef'})
{
	result_is($node, qq{SET $setting; SET request.jwt.claims = '{"sub": "adm", "org_id": "acme"}'; $whoami}, '|',
		"SET $setting is of no use before the library is loaded", @as_app);
}
{
	local $ENV{PGOPTIONS} = q{-c rbac.caller=4\ acme\ adm -c rbac.trusted_session_users=app -c request.jwt.claims={\"sub\":\"adm\",\"org_id\":\"acme\"}};
	result_is($node, $whoami, '|', 'nor as options of the connection', @as_app);
}
# refused by later versions
$node->psql('postgres', "ALTER ROLE app SET $_", @as_app) for q{rbac.caller = '4 acme adm'}, 'rbac.trusted_session_users = app';
result_is($node, qq{SET request.jwt.claims = '{"sub": "adm", "org_id": "acme"}'; $whoami}, '|',
	'nor as settings of the role', @as_app);
$node->safe_psql('postgres', 'ALTER ROLE app RESET ALL');

# Once it is loaded there is no way in.
for my $sql (
	q{SET rbac.caller = '4 acme adm'}, q{SELECT set_config('rbac.caller', '4 acme adm', false)},
	q{ALTER ROLE app SET rbac.caller = '4 acme adm'}, q{UPDATE pg_settings SET setting = '4 acme adm' WHERE name = 'rbac.caller'},
	q{CREATE FUNCTION pg_temp.f() RETURNS text LANGUAGE sql SET rbac.caller = '4 acme adm' AS 'SELECT rbac.current_user_id()'},
	'SET rbac.trusted_session_users = app', 'ALTER ROLE app SET rbac.trusted_session_users = app', 'SET rbac.jwt_user_claim = role')
{
	fails_with($node, "$whoami; $sql", '42501', "denied: $sql", @as_app);
}

# Who authenticates presents a token; its secret is nobody's business.
fails_with($node, q{SELECT rbac.authenticate('e30.e30.')}, '28000', 'without a secret no token is good', @as_app);
fails_with($node, "$whoami; SHOW rbac.jwt_secret", '42501', 'the secret is not shown', @as_app);

$node->stop;
done_testing();

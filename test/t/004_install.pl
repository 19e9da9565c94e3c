# CREATE EXTENSION where somebody has prepared the ground: schemas, operators
# and functions of an ordinary role; and in databases of other encodings.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use RbacTest;
use Test::More;

my $node = start_node('main');
$node->safe_psql('postgres', 'CREATE ROLE mallory LOGIN');

sub create_database
{
	my ($name, @options) = @_;
	$node->safe_psql('postgres', "CREATE DATABASE $name TEMPLATE template0 @options");
	$node->safe_psql('postgres', "GRANT CREATE ON DATABASE $name TO mallory");
}

sub mallory
{
	my ($database, $sql) = @_;
	$node->safe_psql($database, $sql, extra_params => [ '-U', 'mallory' ]);
}

# ---- a schema of the same name ----

for my $schema (qw(rbac rbac_internal rbac_api))
{
	create_database("squatted_$schema");
	mallory("squatted_$schema", "CREATE SCHEMA $schema");
	fails_with($node, 'CREATE EXTENSION rbac', '42P06', "schema $schema is taken", database => "squatted_$schema");
	is($node->safe_psql("squatted_$schema", q{SELECT count(*) FROM pg_extension WHERE extname = 'rbac'}), 0,
		'nothing is installed');
	is($node->safe_psql("squatted_$schema", q{SELECT string_agg(nspname, ',') FROM pg_namespace WHERE nspname LIKE 'rbac%'}),
		$schema, 'and nothing stays behind');
	mallory("squatted_$schema", "DROP SCHEMA $schema");
	$node->safe_psql("squatted_$schema", 'CREATE EXTENSION rbac');
}

# ---- the schema that comes first when the extension is created ----

create_database('first_schema');
mallory('first_schema', 'CREATE SCHEMA mallory');
$node->safe_psql('first_schema', 'SET search_path = mallory, public; CREATE EXTENSION rbac');
$node->psql('first_schema', 'DROP SCHEMA mallory CASCADE', extra_params => [ '-U', 'mallory' ]);
is($node->safe_psql('first_schema', q{SELECT count(*) FROM pg_extension WHERE extname = 'rbac'}), 1,
	'its owner cannot drop the extension with it');

# ---- operators, functions and types that hide the built-in ones ----

create_database('hostile');
$node->safe_psql('hostile', 'GRANT CREATE ON SCHEMA public TO mallory; CREATE ROLE app');
mallory('hostile', q{
	CREATE TABLE trap (who text);
	GRANT INSERT ON trap TO PUBLIC;
	CREATE FUNCTION always(text, text) RETURNS boolean LANGUAGE plpgsql AS
	$$ BEGIN INSERT INTO public.trap VALUES (current_user); RETURN true; END $$;
	CREATE OPERATOR = (LEFTARG = text, RIGHTARG = text, FUNCTION = always);
	CREATE OPERATOR <> (LEFTARG = text, RIGHTARG = text, FUNCTION = always);
	CREATE OPERATOR ~ (LEFTARG = text, RIGHTARG = text, FUNCTION = always);
	CREATE FUNCTION always(jsonb, text) RETURNS boolean LANGUAGE plpgsql AS
	$$ BEGIN INSERT INTO public.trap VALUES (current_user); RETURN true; END $$;
	CREATE OPERATOR ? (LEFTARG = jsonb, RIGHTARG = text, FUNCTION = always);
	CREATE FUNCTION now() RETURNS timestamptz LANGUAGE plpgsql AS
	$$ BEGIN INSERT INTO public.trap VALUES (current_user); RETURN 'infinity'; END $$;
	CREATE FUNCTION format(text, VARIADIC text[]) RETURNS text LANGUAGE plpgsql AS
	$$ BEGIN INSERT INTO public.trap VALUES (current_user); RETURN 'SELECT 1'; END $$;
	CREATE FUNCTION jsonb_typeof(jsonb) RETURNS text LANGUAGE plpgsql AS
	$$ BEGIN INSERT INTO public.trap VALUES (current_user); RETURN 'object'; END $$;
	CREATE FUNCTION statement_timestamp() RETURNS timestamptz LANGUAGE plpgsql AS
	$$ BEGIN INSERT INTO public.trap VALUES (current_user); RETURN 'infinity'; END $$;
	CREATE FUNCTION char_length(text) RETURNS integer LANGUAGE plpgsql AS
	$$ BEGIN INSERT INTO public.trap VALUES (current_user); RETURN 1; END $$;
	CREATE DOMAIN text AS pg_catalog.text CHECK (public.always(VALUE::pg_catalog.text, 'x'::pg_catalog.text));
	CREATE DOMAIN jsonb AS pg_catalog.jsonb;
	CREATE TYPE interval AS ENUM ('long');
	CREATE FUNCTION current_user_id() RETURNS pg_catalog.text LANGUAGE sql AS $$ SELECT 'adm'::pg_catalog.text $$;
	CREATE VIEW organization AS SELECT 'acme'::pg_catalog.text AS organization;
	CREATE VIEW role AS SELECT 'acme'::pg_catalog.text AS organization;
});
my $hostile = 'SET search_path = public, pg_catalog; ';
my $temp = q{
	CREATE TEMPORARY TABLE organization (organization pg_catalog.text, settings pg_catalog.jsonb);
	CREATE TEMPORARY TABLE pg_class (x integer);
	CREATE TEMPORARY TABLE pg_default_acl (x integer);
	INSERT INTO pg_temp.organization VALUES ('acme', '{"operator": true}'); };
$node->safe_psql('hostile', "$hostile $temp CREATE EXTENSION rbac");
my $set_up = q{
	SELECT rbac.create_organization('acme');
	SELECT rbac.create_organization('globex');
	SELECT rbac.define_permission('Doc:Read', '{"region": "string"}');
	SELECT rbac.create_role('acme', ' Reader ', 'Reads', '[{"permission_name": "Doc:Read", "conditions": {}}]', 'client');
	SELECT rbac.create_role('acme', 'Editor', 'Edits', '[]', 'client', ARRAY['Reader']);
	SELECT rbac.create_role('acme', 'Admin', 'All', '[{"permission_name": "*", "conditions": {}}]', 'admin');
	SELECT rbac.create_user('acme', 'ann');
	SELECT rbac.create_user('acme', 'adm');
	SELECT rbac.assign_role('acme', 'Editor', 'ann');
	SELECT rbac.assign_role('acme', 'Admin', 'adm');
	SELECT rbac.modify_role('acme', 'Reader', description => 'Still reads');
	SELECT rbac.modify_organization('acme', '{"max_temporary_grant": "P2D"}');
	SELECT rbac.get_roles('acme');
	SELECT rbac.role_privileges('acme', 'Editor');
	SELECT FROM rbac.set_caller('acme', 'adm', false);
	SELECT rbac.create_temporary_permission_grant('acme', 'ann', 'P1D',
		'{"permission_name": "Doc:Read", "conditions": {}}', '{"a": "b"}', 'with ten characters');
	SELECT rbac.get_temporary_permission_grants('acme', tag => ARRAY['a:b'], sort_by => ARRAY['+user_id']); };
$node->safe_psql('hostile', "$hostile $temp $set_up");
is($node->safe_psql('hostile', 'SELECT count(*) FROM public.trap'), 0, 'none of them was run');
is($node->safe_psql('hostile', q{SELECT count(*) FROM rbac.role_version WHERE created_at > pg_catalog.now()}), 0, 'defaults neither');
result_is($node, "$hostile $temp SELECT FROM rbac.set_caller('acme', 'ann'); SET ROLE app;"
	. q{SELECT rbac.has_permission('Doc:Read'), rbac.has_permission('Doc:Read', 'org_id', 'globex'::pg_catalog.text)},
	'f|f', 'a caller until the end of the transaction is gone in the next', database => 'hostile');
result_is($node, "$hostile $temp" . as_caller('acme', 'ann') . 'SET ROLE app;'
	. q{SELECT rbac.has_permission('Doc:Read'), rbac.has_permission('Doc:Read', 'org_id', 'globex'::pg_catalog.text)},
	't|f', 'and checks give the right answer', database => 'hostile');
fails_with($node, "$hostile $temp" . as_caller('acme', 'ann') . 'SET ROLE app;'
	. q{SELECT rbac.assign_role('acme', 'Admin', 'ann')}, '42501', 'as administration does', database => 'hostile');
is($node->safe_psql('hostile', 'SELECT count(*) FROM public.trap'), 0, 'still none of them was run');

# ---- encodings ----

my %word = (LATIN1 => "Caf\xe9", UTF8 => "Caf\xc3\xa9");
for my $encoding (sort keys %word)
{
	my $name = lc $encoding;
	my $cafe = $word{$encoding};
	my @at = (database => $name);
	create_database($name, "ENCODING '$encoding' LC_COLLATE 'C' LC_CTYPE 'C'");
	# the client speaks the database's encoding, bytes are passed as they are
	my $run = sub { "SET client_encoding = '$encoding';\n" . shift };
	$node->safe_psql($name, $run->(qq{
		CREATE EXTENSION rbac;
		SELECT rbac.create_organization('$cafe');
		SELECT rbac.define_permission('Doc:Read', '{"$cafe": "string"}');
		SELECT rbac.create_role('$cafe', ' $cafe ', '$cafe', '[{"permission_name": "Doc:Read", "conditions": {
			"$cafe": {"type": "Equals", "value": "$cafe"}}}]', 'client');
		SELECT rbac.create_user('$cafe', '$cafe');
		SELECT rbac.assign_role('$cafe', '$cafe', '$cafe');}));
	my $as = as_caller($cafe, $cafe);
	result_is($node, $run->($as . qq{SELECT rbac.has_permission('Doc:Read', '$cafe', '$cafe'::text),
		rbac.has_permission('Doc:Read', '$cafe', 'Cafe'::text)}), 't|f', "$encoding: checks", @at);
	result_is($node, $run->($as . qq{SELECT rbac.check_access('$cafe', '$cafe', 'Doc:Read', '{"$cafe": "$cafe"}')}),
		't', "$encoding: as jsonb", @at);
	result_is($node, $run->($as . q{SELECT rbac.current_user_id(), octet_length(rbac.current_user_id())}),
		"$cafe|" . length $cafe, "$encoding: the caller", @at);
	result_is($node, $run->(qq{SELECT name FROM rbac.get_roles('$cafe')}), $cafe, "$encoding: names", @at);
	result_is($node, $run->(qq{SELECT p FROM rbac.role_privileges('$cafe', '$cafe') AS p}),
		qq([{"permission_name":"Doc:Read","conditions":{"$cafe":{"type":"Equals","value":"$cafe"},"org_id":{"type":"Equals","value":"$cafe"}}}]),
		"$encoding: privileges print", @at);
	result_is($node, $run->(qq{SELECT '{"type":"Equals","value":"\\u0061"}'::rbac.condition}),
		'{"type":"Equals","value":"a"}', "$encoding: an escape", @at);
}

for my $code ('\u20ac', '\ud83d\ude00')
{
	fails_with($node, qq{SELECT '{"type":"Equals","value":"$code"}'::rbac.condition}, '22P05',
		"LATIN1: $code cannot be represented", database => 'latin1');
	$node->safe_psql('utf8', qq{SELECT '{"type":"Equals","value":"$code"}'::rbac.condition});
}
# the last byte is a space where bytes are taken for characters
my $citta = "Citt\xc3\xa0";
$node->safe_psql('utf8', qq{SELECT rbac.create_role((SELECT organization FROM rbac.organization), '$citta', 'd', '[]', 'client')});
is($node->safe_psql('utf8', qq{SELECT count(*) FROM rbac.role WHERE role_name = '$citta'}), 1,
	'stripping leaves characters whole');

create_database('sql_ascii', "ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C'");
fails_with($node, 'CREATE EXTENSION rbac', '0A000', 'SQL_ASCII, which knows no characters, is refused', database => 'sql_ascii');

$node->stop;
done_testing();

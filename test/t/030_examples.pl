# What the examples and README show and say is so. Their HTTP part is in
# test/http.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use RbacTest;
use Test::More;

my $top = "$FindBin::Bin/../..";
my $readme = slurp_file("$top/README.md");
my $install = join '', map { slurp_file($_) } glob "$top/sql/install/*.sql";
my $core = slurp_file("$top/src/core/core.h");
my $shell = join '', map { slurp_file($_) } glob "$top/src/*.c";
my $node = start_node('main');

# ---- examples/helpdesk.sql and tour.sql ----

my ($code, $tour, $refused) = $node->psql('postgres', "\\i $top/examples/helpdesk.sql", on_error_stop => 1);
is($code, 0, 'helpdesk.sql loads') or diag($refused);
is($node->safe_psql('postgres', 'SELECT * FROM rbac.doctor()'), '', 'and is sound');

# What is true of the tickets, whoever asks.
sub tickets
{
	my $condition = shift;
	return $node->safe_psql('postgres', "SELECT count(*) FROM ticket WHERE $condition");
}
my $emea   = q{org_id = 'acme' AND region = 'emea' AND NOT confidential};
my $own    = tickets(q{org_id = 'acme' AND owner = 'eve'});
my $agent  = tickets($emea);
my $open   = tickets("$emea AND status = 'open'");
my $closed = tickets(q{org_id = 'acme' AND status = 'closed'});
my $amer   = tickets(q{org_id = 'acme' AND (region = 'amer' AND NOT confidential OR owner = 'eve')});
my $apac   = tickets(q{org_id = 'acme' AND (region = 'apac' AND NOT confidential OR owner = 'eve')});
my $acme   = tickets(q{org_id = 'acme'});
my $globex = tickets(q{org_id = 'globex'});
cmp_ok($_, '>', 0, 'there are tickets to tell apart') for $own, $agent, $open, $closed, $amer, $apac, $acme, $globex;

($code, $tour, $refused) = $node->psql('postgres', "\\i $top/examples/tour.sql", on_error_stop => 0);

# After the line that begins like this, the tour has this row.
sub shows
{
	my ($line, $row, $name) = @_;
	like($tour, qr/^\Q$line\E.*\n(?:.*\n){0,2}?\Q$row\E$/m, $name);
}
shows('No caller', 0, 'without a caller there is nothing');
shows('eve, an employee', "$own|eve|amer, apac, emea", 'an employee sees her own tickets');
shows('agent-emea-1 of acme', "$agent|emea|f", 'an agent those of one region that are not confidential');
shows('mona, the manager', "$acme|acme", 'a manager those of the organization');
shows('mona of globex', "$globex|globex", 'her namesake those of another');
shows('agent-emea-1 closes', "$open\n0", 'an agent closes what is open, and reaches no spam');
shows('mona makes eve', 't', 'a manager assigns a lesser role');
shows('Open and not-open', 'greater', 'two grants together cover what neither does');
shows('... but not one without', '{"attributes": {}, "permission_name": "Ticket:Read"}', 'but not all');
shows('audrey, the auditor', "t\n" . ($closed + $open) . "|closed\n0", 'a temporary grant ends by itself');
shows('== 6.', "\n$amer\n$own", 'a revoke counts at once');
shows('mona makes a group', $apac, 'members of a group have its roles');
shows('The shop', "refund|t\nclose|f", 'and what they let them do with an application');
shows('== 8.', "\n" . join("\n", 'mona|assign_role|Agent-amer|eve', 'mona|create_temporary_permission_grant||audrey',
	'mona|revoke_role|Agent-amer|eve', 'mona|create_group||', 'mona|assign_scoped_role|Agent-apac|',
	'mona|add_group_member||eve', 'mona|create_application||', 'mona|create_application_role|Refunder|',
	'mona|assign_application_role|Refunder|'), 'and all of it is on record');
is_deeply([ $refused =~ /ERROR:  (.*)/g ], [
	'new row violates row-level security policy for table "ticket"',
	("the caller's privileges do not exceed those granted") x 2 ], 'three attempts are refused');

# A counterexample is one: the role would allow it, the caller may not do it.
my @counterexamples = $refused =~ /do not cover (\{.*\})\.$/mg;
for ([ 'Agent-apac', 'lead-emea' ], [ 'Owner', 'mona' ])
{
	my ($role, $user) = @$_;
	my $request = shift(@counterexamples) // '{}';
	is($node->safe_psql('postgres', qq{
		SELECT rbac.allows(rbac.role_privileges('acme', '$role'), r ->> 'permission_name', r -> 'attributes'),
		       rbac.allows(rbac.user_privileges('acme', '$user'), r ->> 'permission_name', r -> 'attributes')
		FROM CAST('$request' AS jsonb) AS r}), 't|f', "why $user cannot assign $role");
}

my ($error) = $readme =~ /^```\n(ERROR:.*?)^```$/ms;
like($refused, qr/\Q$error\E/, 'README shows such a refusal');

# ---- README: SQL ----

# As they are before a recipe sets one.
my $parameters = $node->safe_psql('postgres', q{
	LOAD 'rbac';
	SELECT name, current_setting(name) FROM pg_settings WHERE name LIKE 'rbac.%' AND context IN ('superuser', 'sighup')});
$node->safe_psql('postgres', 'CREATE DATABASE readme');

# What psql prints, as people see it.
sub psql
{
	my $script = PostgreSQL::Test::Utils::tempdir() . '/script.sql';
	append_to_file($script, shift);
	my ($stdout, $stderr) = run_command([ 'psql', '-Xq', '-P', 'footer=off', '-v', 'ON_ERROR_STOP=1',
		'-d', $node->connstr('readme'), '-f', $script ]);
	return ($stdout =~ s/ +$//mgr, $stderr);
}

my ($quick_start, $output) = $readme =~ /^```sql\n(.*?)^```\n\n^```\n(.*?)^```$/ms;
my ($printed, $problem) = psql($quick_start);
is($problem, '', 'the quick start runs');
like($printed, qr/\n\Q$output\E\s*\z/, 'and prints what it says') or diag($printed);

my ($recipes) = $readme =~ /^## Recipes\n(.*?)^## /ms;
for my $recipe ($recipes =~ /^```sql\n(.*?)^```$/msg)
{
	($printed, $problem) = psql($recipe);
	is($problem, '', 'recipe: ' . ($recipe =~ s/\n.*//sr));
}
$node->safe_psql('readme', q{CREATE ROLE my_app LOGIN});
$node->restart;
result_is($node, as_caller('acme', 'ann') . 'SELECT rbac.current_user_id()', 'ann', 'recipe: the application is trusted',
	database => 'readme', extra_params => [ '-U', 'my_app' ]);
is($node->safe_psql('readme', q{SELECT rbac.check_access('acme', 'bob', 'Document:Read',
	'{"workspace_id": "sales", "project_id": "0b1d3c5e-5a0f-4d0e-9a51-2f0c4f6f8a10"}')}), 't', 'recipe: a project');
is($node->safe_psql('readme', q{SELECT rbac.check_access('acme', u, 'Application:Use',
	'{"application_id": "shop", "permission": "close account"}') FROM unnest('{ann,bob}'::text[]) AS u}), "f\nt", 'recipe: an application');
my ($question) = $recipes =~ /`(SELECT u FROM [^`]*;)`/;
is($node->safe_psql('readme', $question), 'ann', 'recipe: who can read that');

my ($types) = $readme =~ /^### Types and operators\n(.*?)^\| on privileges/ms;
my @documents = map { split / {3}/ } $types =~ /^    (\S.*)$/mg;
is_deeply([ map { $node->safe_psql('readme', "SELECT '$_'::rbac." . (/^\[/ ? 'privileges' : /^\{"p/ ? 'permission_grant' : 'condition')) }
	@documents ], \@documents, 'documents of each type are as they are written');

# ---- README: tables ----

# Cells of a table below a heading, row by row; code without its quotes.
sub rows_below
{
	my $heading = shift;
	my ($section) = $readme =~ /^#+ \Q$heading\E\n(.*?)^#/ms;
	return map { s/`//g; [ split / *\| */, s/^\| *//r ] } grep { !/^\|[-|]*$/ } $section =~ /^\|.*$/mg;
}

# The number of a macro of the core, or of a constant in SQL.
sub limit
{
	my $name = shift;
	my ($value) = $name =~ /^RBAC_/ ? $core =~ /^#define $name\s+(\(.*?\)|\d+)/m : $install =~ /\b$name CONSTANT integer := (\d+);/;
	return eval $value;
}

sub with_commas
{
	my $number = shift;
	1 while $number =~ s/^(\d+)(\d{3})/$1,$2/;
	return $number;
}

my $max_name = $node->safe_psql('readme', 'SELECT rbac_internal.max_name()');
is($max_name, limit('RBAC_MAX_NAME'), 'names are as long in SQL as in grants');
my %limits = (
	'characters of a permission, attribute, role, user or organization name, or of another id' => $max_name,
	'characters of the name of a scoped role' => limit('max_scoped_name'),
	'characters of the description of a scoped role' => limit('max_scoped_description'),
	'bytes of a string value' => limit('RBAC_MAX_STRING'),
	'digits of a number' => limit('RBAC_MAX_DIGITS'),
	'values of a condition' => limit('RBAC_MAX_VALUES'),
	'conditions of a grant' => limit('RBAC_MAX_CONDITIONS'),
	'grants of a set' => limit('RBAC_MAX_GRANTS'),
	'roles that a role inherits from directly' => limit('max_parents'),
	'attributes of a permission' => limit('max_attributes'),
	'tags of a temporary grant' => limit('max_tags'),
	'characters of a tag, of its value' => $max_name,
	'characters of a description or justification' => limit('max_prose'),
	'rows of a page of temporary grants' => limit('max_limit'),
	'API keys of an organization' => limit('max_api_keys'),
	'entities that one call assigns an application role to' => limit('max_entities'));
$_ = with_commas($_) for values %limits;
$limits{'bytes of a JSON document'} = limit('RBAC_MAX_DOCUMENT') / 1024 / 1024 . ' MiB';
is_deeply({ map { $_->[0] => $_->[1] } grep { @$_ == 2 } rows_below('Limits') }, \%limits, 'limits');

my %settings = map { $_->[0] => $_->[1] eq 'none' ? '' : $_->[1] } grep { $_->[0] =~ /^rbac/ } rows_below('Settings');
is_deeply(\%settings, { map { split /\|/, $_, 2 } split /\n/, $parameters }, 'parameters and their defaults');

my %defaults = map { $_->[0] => $_->[1] } grep { $_->[1] ne 'default' } rows_below('The system and settings');
is($node->safe_psql('readme', 'SELECT rbac_internal.default_settings()::text = \'{'
	. join(',', map { qq{"$_":$defaults{$_}} } sort keys %defaults) . q(}'::jsonb::text)), 't',
	'settings of an organization and their defaults');

# Every function that goes by the caller's rights, with its arguments.
my %functions;
for my $row (map { rows_below($_) } 'Checks', 'Administration', 'Groups', 'Scoped roles', 'Applications', 'Review')
{
	$functions{$1} = $2 while $row->[0] =~ /rbac\.(\w+)\(([\w ,"]*)\)/g;
}
is_deeply({ map { $_ => $functions{$_} } grep { !/^(?:has_permission|require_permission|permitted_values|permitted_organization(?:s|_uuids))$/ } keys %functions },
	{ map { split /\|/, $_, 2 } split /\n/, $node->safe_psql('readme', q{
		SELECT proname, array_to_string(ARRAY(SELECT quote_ident(a) FROM unnest(proargnames[:pronargs]) AS a), ', ')
		FROM pg_proc WHERE pronamespace = 'rbac'::regnamespace AND prosrc = 'rbac_admin'}) },
	'administration functions and their arguments');
my %standard = map { map { $_ => 1 } join(' ', @$_) =~ /rbac\.(\w+)/g } rows_below('INCITS 359');
is($node->safe_psql('readme', qq[
	SELECT f FROM unnest('{@{[ join ',', sort keys %standard ]}}'::text[]) AS f
	WHERE NOT EXISTS (SELECT FROM pg_proc WHERE proname = f AND pronamespace = 'rbac'::regnamespace)]), '',
	'what functions of the standard are called here is what they are called');
is(scalar(map { split /, /, $_->[0] } grep { $_->[0] ne 'function of the standard' } rows_below('INCITS 359')), 27,
	'each of them is there');

# SQLSTATEs of conditions in our sources. What is no answer to a call of ours
# is left out: faults of the server, and what api.c only translates.
$node->safe_psql('readme', q{
	CREATE FUNCTION sqlstate_of(condition text) RETURNS text LANGUAGE plpgsql AS $$
	BEGIN
		EXECUTE format('DO $do$ BEGIN RAISE %s; END $do$', condition);
	EXCEPTION WHEN OTHERS THEN
		RETURN SQLSTATE;
	END
	$$});
my %internal = map { $_ => 1 } qw(pgrst data_corrupted internal_error out_of_memory query_canceled
	e_r_i_e_trigger_protocol_violated);
$shell =~ s/\{ERRCODE_\w+, \d+\}//g;
my %raised = map { lc() => 1 } $shell =~ /\bERRCODE_([A-Z_]+)\b/g, $install =~ /\bERRCODE = '(\w+)'/g;
is_deeply([ sort map { $_->[0] } grep { $_->[0] =~ /^\w{5}$/ } rows_below('Errors') ],
	[ sort map { $node->safe_psql('readme', "SELECT sqlstate_of('$_')") } grep { !$internal{$_} } keys %raised ],
	'SQLSTATEs');

done_testing();

# The extension is dropped and created again while sessions go on: nothing is
# remembered by the number of an object that is gone.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use RbacTest;
use Test::More;

my $node = start_node('main');
set_up_acme($node);

my $set_up = q{
	CREATE FUNCTION in_plpgsql() RETURNS boolean LANGUAGE plpgsql AS
	$$ DECLARE answer boolean; BEGIN answer := rbac.has_permission('Doc:Read', 'region', 'emea'::text); RETURN answer; END $$;
	CREATE FUNCTION in_sql() RETURNS boolean LANGUAGE sql AS $$ SELECT rbac.has_permission('Doc:Read', 'region', 'emea'::text) $$;
};
$node->safe_psql('postgres', $set_up);
my $ask = q{EXECUTE stmt; SELECT in_plpgsql(); SELECT in_sql(); SELECT rbac.has_permission('Doc:Read', 'region', 'emea'::text)};
my $prepare = q{PREPARE stmt AS SELECT rbac.has_permission('Doc:Read', 'region', 'emea'::text);
	SET plan_cache_mode = force_generic_plan; };

my $one = $node->background_psql('postgres', on_error_stop => 0);
my $other = $node->background_psql('postgres', on_error_stop => 0);
for my $session ($one, $other)
{
	$session->query_safe($prepare . as_caller('acme', 'ann'));
	is($session->query_safe($ask), "t\nt\nt\nt", 'call sites before');
}

# The same session, with call sites and entries that remember the old tables
$one->query_safe('DROP EXTENSION rbac CASCADE');
is($one->query_safe(q{SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'rbac%'}), 0, 'dropped');
$one->query(q{SELECT in_plpgsql()});
like($one->{stderr}, qr/schema "rbac" does not exist/, 'a clean error while it is gone');
$one->{stderr} = '';
$one->query_safe('SELECT 1');
$one->query_safe('CREATE EXTENSION rbac');
is($one->query_safe($ask), "f\nf\nf\nf", 'the new one knows nobody');
is($other->query_safe($ask), "f\nf\nf\nf", 'in the other session neither');

# ann gets back the role, with the session that dropped it
$one->query_safe(q{SELECT FROM rbac.set_caller(NULL, NULL, false);
	SELECT rbac.define_permission('Doc:Read', '{"region": "string"}');
	SELECT rbac.create_organization('acme');
	SELECT rbac.create_role('acme', 'Reader', 'Reads', '[{"permission_name": "Doc:Read", "conditions": {}}]', 'client');
	SELECT rbac.create_user('acme', 'ann');
	SELECT rbac.assign_role('acme', 'Reader', 'ann');} . as_caller('acme', 'ann'));
is($one->query_safe($ask), "t\nt\nt\nt", 'a grant counts in the same session');
is($other->query_safe($ask), "t\nt\nt\nt", 'and in the other');

$one->query_safe(q{SELECT FROM rbac.set_caller(NULL, NULL, false);
	SELECT rbac.revoke_role('acme', 'Reader', 'ann');} . as_caller('acme', 'ann'));
is($one->query_safe($ask), "f\nf\nf\nf", 'a revoke counts in the same session');
is($other->query_safe($ask), "f\nf\nf\nf", 'and in the other');

# All of it in one transaction, and undone
$one->query_safe(q{BEGIN; DROP EXTENSION rbac CASCADE; CREATE EXTENSION rbac});
is($one->query_safe($ask), "f\nf\nf\nf", 'dropped and created in a transaction');
is($one->query_safe(q{SELECT count(*) FROM rbac.organization}), 0, 'with new tables');
$one->query_safe('ROLLBACK');
is($one->query_safe(q{SELECT organization FROM rbac.organization}), 'acme', 'the old ones are back');
$one->query_safe(q{SELECT FROM rbac.set_caller(NULL, NULL, false);
	SELECT rbac.assign_role('acme', 'Reader', 'ann');} . as_caller('acme', 'ann'));
is($one->query_safe($ask), "t\nt\nt\nt", 'and are read');
is($other->query_safe($ask), "t\nt\nt\nt", 'everywhere');
$node->safe_psql('postgres', q{SELECT rbac.revoke_role('acme', 'Reader', 'ann')});
is($one->query_safe($ask), "f\nf\nf\nf", 'and heard of');

$one->quit;
$other->quit;
unlike($node->logfile ? PostgreSQL::Test::Utils::slurp_file($node->logfile) : '', qr/cache lookup failed|could not open relation/,
	'nothing was looked up that is gone');
$node->stop;
done_testing();

# ALTER EXTENSION UPDATE while sessions go on: with a script made up here, which
# does what scripts may do to what a session remembers of tables and functions.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use PostgreSQL::Test::Utils;
use RbacTest;
use Test::More;

my $node = start_node('main');

# Where this server looks for scripts; in a private installation we may write.
my $scripts = $node->safe_psql('postgres', q{
	SELECT coalesce(split_part(nullif(current_setting('extension_control_path', true), ''), ':', 1) || '/extension',
	                current_setting('extension_destdir', true) || setting || '/extension')
	FROM pg_config WHERE name = 'SHAREDIR'});
plan skip_all => "cannot write to $scripts" unless -w $scripts;
set_up_acme($node);
my $version = $node->safe_psql('postgres', q{SELECT extversion FROM pg_extension WHERE extname = 'rbac'});

append_to_file("$scripts/rbac--$version--broken.sql", 'DROP TABLE rbac.temporary_grant CASCADE; SELECT 1 / 0;');
append_to_file("$scripts/rbac--$version--next.sql", q{
	ALTER TABLE rbac.role_version ADD COLUMN display_name text;
	ALTER TABLE rbac.assignment ADD COLUMN reason text DEFAULT 'none';
	ALTER TABLE rbac.role ALTER COLUMN is_base_role DROP DEFAULT, ALTER COLUMN is_base_role SET DEFAULT false;
	DROP INDEX rbac.temporary_grant_user;
	CREATE INDEX temporary_grant_user ON rbac.temporary_grant (organization, user_id, expires_at);
	CREATE TABLE rbac.note (note text PRIMARY KEY);
	SELECT pg_catalog.pg_extension_config_dump('rbac.note', '');
	CREATE FUNCTION rbac.note(note text) RETURNS void LANGUAGE sql
	BEGIN ATOMIC INSERT INTO rbac.note VALUES (note.note); END;
});

my $check = q{SELECT rbac.has_permission('Doc:Read', 'region', 'emea'::text), rbac.check_access('acme', 'ann', 'Doc:Write')};
my $prepare = 'PREPARE ask AS ' . $check . '; SET plan_cache_mode = force_generic_plan;';
my @sessions = map { $node->background_psql('postgres', on_error_stop => 0) } 1 .. 2;
for (@sessions)
{
	$_->query_safe($prepare . as_caller('acme', 'ann'));
	is($_->query_safe('EXECUTE ask'), 't|t', "before $version is left");
}
my $before = ask($node);

fails_with($node, q{ALTER EXTENSION rbac UPDATE TO 'broken'}, '22012', 'a script that fails');
is(ask($node), $before, 'changes nothing');
is($_->query_safe('EXECUTE ask'), 't|t', 'in a session neither') for @sessions;

$node->safe_psql('postgres', q{BEGIN; ALTER EXTENSION rbac UPDATE TO 'next'; ROLLBACK});
is($_->query_safe('EXECUTE ask'), 't|t', 'nor does an update that is rolled back') for @sessions;

# One of the sessions updates, the other one does not expect it.
$sessions[0]->query_safe(q{SELECT FROM rbac.set_caller(NULL, NULL, false); ALTER EXTENSION rbac UPDATE TO 'next'} . ";\n" . as_caller('acme', 'ann'));
is($_->query_safe('EXECUTE ask'), 't|t', 'an update leaves rights as they are') for @sessions;
is(ask($node), $before, 'all of them');
$node->safe_psql('postgres', q{SELECT rbac.revoke_role('acme', 'Editor', 'ann')});
is($_->query_safe('EXECUTE ask'), 'f|f', 'a revoke counts') for @sessions;
$node->safe_psql('postgres', q{SELECT rbac.assign_role('acme', 'Editor', 'ann'),
	rbac.create_temporary_permission_grant('acme', 'ben', 'PT1H', '{"permission_name": "Doc:Write"}', '{}', 'after the update')});
is($_->query_safe('EXECUTE ask'), 't|t', 'and a grant') for @sessions;
result_is($node, q{SELECT rbac.check_access('acme', 'ben', 'Doc:Write')}, 't', 'and a temporary one');
sound($node, 'after the update');
is($node->safe_psql('postgres', q{SELECT rbac.note('new'); SELECT note FROM rbac.note}), "\nnew", 'what is new is there');

$_->quit for @sessions;
unlink "$scripts/rbac--$version--broken.sql", "$scripts/rbac--$version--next.sql";
$node->stop;
done_testing();

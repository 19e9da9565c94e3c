# Rights are in tables: they survive a restart and a crash. The caller is of a
# session and does not.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use RbacTest;
use Test::More;

my $node = start_node('main');
set_up_acme($node);
set_up_crew($node);
my $before = ask($node);
like($before, qr/^ann\|Doc:Read\|\{"level": 3, "region": "emea"\}\|t$/m, 'inherited grant');
unlike($before, qr/^ben\|.*\|t$/m, 'ben has nothing');
like($before, qr/^cid\|Doc:Read\|\{"workspace_id": "w"\}\|t$/m, 'cid has the role of a group in a workspace');
like($before, qr/^cid\|Application:Use\|\{"permission": "sell", "application_id": "shop"\}\|t$/m, 'and that of an application');

# A caller for the whole session, and a change that never commits
my $session = $node->background_psql('postgres', on_error_stop => 0);
$session->query_safe(as_caller('acme', 'ann'));
is($session->query_safe('SELECT rbac.current_user_id()'), 'ann', 'a session has a caller');
my $writer = $node->background_psql('postgres', on_error_stop => 0);
$writer->query_safe(q{BEGIN; SELECT FROM rbac.revoke_role('acme', 'Editor', 'ann');
	SELECT FROM rbac.delete_group('acme', 'crew'); SELECT FROM rbac.delete_application('acme', 'shop')});

$node->stop('immediate');
$node->start;
is(ask($node), $before, 'a crash changes nothing');
$session->quit;
$writer->quit;
is($node->safe_psql('postgres', 'SELECT rbac.current_user_id() IS NULL'), 't', 'a new session has no caller');

$node->safe_psql('postgres', q{SELECT rbac.revoke_role('acme', 'Editor', 'ann'), rbac.remove_group_member('acme', 'crew', 'cid')});
my $revoked = ask($node);
unlike($revoked, qr/^(ann|cid)\|.*\|t$/m, 'a revoke changes something');
$node->stop('immediate');
$node->start;
is(ask($node), $revoked, 'a committed revoke survives a crash');

$node->safe_psql('postgres', q{SELECT rbac.assign_role('acme', 'Editor', 'ann'), rbac.add_group_member('acme', 'crew', 'cid')});
$node->restart;
is(ask($node), $before, 'and what is granted a restart');

$node->safe_psql('postgres', q{SELECT rbac.create_role('acme', 'New' || n, 'd', '[]', 'client') FROM generate_series(1, 100) AS n});
is($node->safe_psql('postgres', 'SELECT count(*) = count(DISTINCT role_id) FROM rbac.role_version'), 't',
	'identifiers stay unique');

# A process that dies takes the others along, not the tables.
$node->append_conf('postgresql.conf', 'restart_after_crash = on');
$node->reload;
my $pid = $node->safe_psql('postgres', q{SELECT pid FROM pg_stat_activity WHERE backend_type = 'checkpointer'});
kill 'KILL', $pid;
$node->poll_query_until('postgres', "SELECT pid <> $pid FROM pg_stat_activity WHERE backend_type = 'checkpointer'");
is(ask($node), $before, 'nor does the death of a server process change anything');

$node->stop;
done_testing();

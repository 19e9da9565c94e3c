# A standby takes over from a server that died under load: what was acknowledged
# is there, and sessions that were reading go on and hear of what is new.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use PostgreSQL::Test::Cluster;
use RbacTest;
use Test::More;

my $primary = start_node('primary', allows_streaming => 1);
$primary->append_conf('postgresql.conf', 'max_connections = 20');
set_up_administration($primary);
$primary->backup('backup');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'backup', has_streaming => 1);
# lets the open transactions below live
$standby->append_conf('postgresql.conf', "hot_standby_feedback = on\nwal_receiver_status_interval = 1");
$standby->start;
$primary->append_conf('postgresql.conf', q{synchronous_standby_names = 'standby'});
$primary->reload;

sub start_reader
{
	my ($begin) = @_;
	my $session = $standby->background_psql('postgres', on_error_stop => 0);
	$session->query_safe(as_caller('acme', 'ann') . $begin);
	return $session;
}
my @readers = map { start_reader($_) } '', 'BEGIN', 'BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT FROM pg_class LIMIT 1';
my $check = q{SELECT rbac.has_permission('Doc:Write')};
is($_->query_safe($check), 't', 'before') for @readers;

my $load = start_load($primary);
$primary->poll_query_until('postgres', 'SELECT count(*) > 50 FROM acknowledged');
$primary->stop('immediate');
$load->finish;
$standby->promote;
sound($standby, 'after promotion');
is(lost($standby), '', 'what was acknowledged is there');
cmp_ok($standby->safe_psql('postgres', 'SELECT count(*) FROM acknowledged'), '>', 50, 'there was load');

is($_->query_safe($check), 't', 'sessions go on') for @readers;
$standby->safe_psql('postgres', administration_call('revoke_role', 1));
is($_->query_safe($check), 'f', 'a revoke on the new server counts in them') for @readers;
$standby->safe_psql('postgres', administration_call($_, 2)) for repeatable_calls();
sound($standby, 'after administration there');

$_->quit for @readers;
$standby->stop;
done_testing();

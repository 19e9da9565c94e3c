# The tables by logical replication: the subscriber answers like the publisher,
# and its sessions hear of every change. It takes its permissions from there too.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use RbacTest;
use Test::More;

my $publisher = start_node('publisher', allows_streaming => 'logical');
set_up_administration($publisher);
my $tables = $publisher->safe_psql('postgres', q{SELECT string_agg(oid::regclass::text, ', ')
	FROM pg_class WHERE relnamespace = 'rbac'::regnamespace AND relkind = 'r'});
$publisher->safe_psql('postgres', "CREATE PUBLICATION rbac FOR TABLE $tables");

my $subscriber = start_node('subscriber', allows_streaming => 'logical');
$subscriber->safe_psql('postgres', 'CREATE EXTENSION rbac; DELETE FROM rbac.permission');
my $session = $subscriber->background_psql('postgres', on_error_stop => 0);
my $check = q{SELECT rbac.has_permission('Doc:Write'), rbac.has_permission('Doc:Read', 'region', 'emea'::text, 'level', 1)};
$session->query_safe(as_caller('acme', 'ann'));
is($session->query_safe($check), 'f|f', 'there is nothing yet');

$subscriber->safe_psql('postgres', "CREATE SUBSCRIPTION rbac CONNECTION '" . $publisher->connstr
	. q{ dbname=postgres' PUBLICATION rbac});
$subscriber->wait_for_subscription_sync($publisher, 'rbac');

sub same
{
	my $name = shift;
	$publisher->wait_for_catchup('rbac');
	is(contents($subscriber), contents($publisher), "$name: the same rows");
	is(ask($subscriber), ask($publisher), "$name: the same answers");
	sound($subscriber, $name);
}
same('copied');
is($session->query_safe($check), 't|t', 'a session has heard of what was copied');

my $number = 0;
for my $function (administration_calls())
{
	$publisher->safe_psql('postgres', administration_call($function, ++$number));
	$publisher->wait_for_catchup('rbac');
	my $answer = $publisher->safe_psql('postgres', as_caller('acme', 'ann') . $check);
	is($session->query_safe($check), $answer, "$function: the session has heard of it");
}
is($session->query_safe($check), 'f|f', 'of the revoke among them');
same('replicated');

$publisher->safe_psql('postgres', q{SELECT rbac.assign_role('acme', 'Editor', 'ann')});
$publisher->wait_for_catchup('rbac');
is($session->query_safe($check), 't|t', 'ann is an Editor again');
$publisher->safe_psql('postgres', 'TRUNCATE rbac.assignment');
$publisher->wait_for_catchup('rbac');
is($session->query_safe($check), 'f|f', 'until all assignments are truncated');

$session->quit;
$subscriber->stop;
$publisher->stop;
done_testing();

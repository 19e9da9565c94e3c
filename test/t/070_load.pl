# Ten seconds of the load of test/load, from fewer clients.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use PostgreSQL::Test::Utils;
use RbacTest;
use Test::More;

my $node = start_node('main');
$node->append_conf('postgresql.conf', 'max_connections = 20');
$node->restart;
local @ENV{qw(PGHOST PGPORT)} = ($node->host, $node->port);

my ($stdout, $stderr) = run_command([ "$FindBin::Bin/../load/run", 8, 10 ]);
is($? >> 8, 0, 'no error, no deadlock, no memory that grows, nothing broken') or diag("$stdout\n$stderr");
my ($rate) = $stdout =~ /^all +([\d.]+)/m;
cmp_ok($rate // 0, '>', 10, 'and there is a load') or diag("$stdout\n$stderr");
note($stdout);

$node->stop;
done_testing();

# The data of the benchmark can be loaded, and what it compares reads the same rows.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use RbacTest;
use Test::More;

my $node = start_node('main');

sub load
{
	my ($script, %variables) = @_;
	my @variables = map { "--set=$_=$variables{$_}" } sort keys %variables;

	$node->psql('postgres', "\\o /dev/null\n\\i $FindBin::Bin/../bench/$script", on_error_die => 1, extra_params => \@variables);
}

# Of the table in the role's policy; the caller is one of "main".
sub count
{
	my ($role, $user_id, $organization, $table) = @_;

	return $node->safe_psql('postgres', sprintf(<<'SQL', $user_id, $organization // 'main', $user_id, $role, $table // 'document_sample'));
SELECT set_config('app.user_id', '%s', false), rbac.set_caller('%s', '%s', false) \g /dev/null
SET ROLE %s;
SELECT count(*) FROM %s;
SQL
}

load('organization.sql', roles => 10, users => 20);
load('documents.sql', documents => 5000);
load('peers.sql');
load('web.sql');

my $inlined = count('bench_inlined', 'reader');
cmp_ok($inlined, '>', 500, 'region and status by hand');
is(count($_, 'reader'), $inlined, "the same rows: $_") for qw(bench_two bench_four bench_exists bench_authorize_conditions);
is(count('bench_tenant', 'reader'), count('bench_inlined_tenant', 'reader'), 'the same rows of an organization');
for my $n (1, 10, 100)
{
	is(count('bench_owner', "reader-$n"), count('bench_exists', "reader-$n"), "the same rows: $n grants");
}
is(count($_, 'unrestricted'), 5000, "all rows: $_") for qw(bench_no_policy bench_owner);
is(count('bench_tenant', 'unrestricted', 'tenant-1'),
	$node->safe_psql('postgres', q{SELECT count(*) FROM document_sample WHERE org_id = 'tenant-1'}), 'all rows of a tenant');

$node->stop;
done_testing();

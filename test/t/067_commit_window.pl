# A transaction can be seen some time before it tells others what it changed. Who
# sees what it wrote must not be granted what it revoked.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use PostgreSQL::Test::Utils;
use RbacTest;
use Test::More;

my $node = start_node('main');
set_up_acme($node);
$node->safe_psql('postgres', q{
	CREATE TABLE doc (title text);
	ALTER TABLE doc ENABLE ROW LEVEL SECURITY;
	CREATE POLICY reading ON doc USING (rbac.has_permission('Doc:Write'));
	CREATE ROLE app;
	GRANT SELECT ON doc TO app});

my $dir = PostgreSQL::Test::Utils::tempdir();
system_or_bail('gcc', '-shared', '-fPIC', '-I' . $node->config_data('--includedir-server'), '-o', "$dir/slow_commit.so",
	"$FindBin::Bin/slow_commit.c");
my $writer = $node->background_psql('postgres');
$writer->query_safe("LOAD '$dir/slow_commit.so'");

# Sessions that remember what ann may do
my $check = q{SELECT rbac.has_permission('Doc:Write'), (SELECT count(*) FROM doc)};
my @readers = map { $node->background_psql('postgres', on_error_stop => 0) } 1 .. 2;
$_->query_safe(as_caller('acme', 'ann') . 'SET ROLE app') for @readers;
$readers[1]->query_safe("PREPARE ask AS $check");
my @ask = ($check, 'EXECUTE ask');
is($readers[$_]->query_safe($ask[$_]), 't|0', 'before') for 0 .. 1;

$writer->query_until(qr/started/, q{\echo started
	BEGIN;
	SELECT FROM rbac.revoke_role('acme', 'Editor', 'ann');
	INSERT INTO doc VALUES ('not for ann');
	COMMIT;
});
$node->poll_query_until('postgres', 'SELECT count(*) = 1 FROM doc') or die 'nothing was committed';
is($readers[$_]->query_safe($ask[$_]), 'f|0', 'a revoke counts for who sees its transaction') for 0 .. 1;
is($node->safe_psql('postgres', q{SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%COMMIT%' AND state = 'active'
	AND pid <> pg_backend_pid()}), 1, 'which has not ended yet');

$_->quit for $writer, @readers;
$node->stop;
done_testing();

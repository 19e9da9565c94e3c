# pg_upgrade to each newer major that is installed beside this one: to a copy of
# it, into which rbac is built and installed.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use RbacTest;
use Test::More;

my $old = start_node('old');
my $major = int($old->safe_psql('postgres', 'SHOW server_version_num') / 10000);
my @newer = grep { $_ > $major && -e "/usr/lib/postgresql/$_/lib/pgxs" && -e "/usr/lib/postgresql/$_/bin/postgres" }
	map { m{(\d+)$} } glob '/usr/lib/postgresql/*';
plan skip_all => "no server newer than $major is installed" unless @newer;

set_up_administration($old);
$old->safe_psql('postgres', administration_call($_, 1)) for administration_calls();
my ($contents, $answers) = (contents($old), ask($old));
$old->stop;

# A server finds what is relative to its programs.
sub install_copy
{
	my $number = shift;
	my $dir = PostgreSQL::Test::Utils::tempdir();
	system_or_bail('bash', '-euc', 'cd "$1"; mkdir -p rbac usr/{lib,share}/postgresql usr/include;'
		. ' cp -R /usr/lib/postgresql/"$0" usr/lib/postgresql; cp -R /usr/share/postgresql/"$0" usr/share/postgresql;'
		. ' cp -R /usr/include/postgresql usr/include; cp -R "$2"/{Makefile,rbac.control,sql,src} rbac; cd rbac;'
		. ' make="make -s with_llvm=no PG_CONFIG=$1/usr/lib/postgresql/$0/bin/pg_config"; unset MAKEFLAGS MAKELEVEL DESTDIR;'
		. ' $make clean; $make all; $make install', $number, $dir, "$FindBin::Bin/../..");
	return "$dir/usr/lib/postgresql/$number";
}

sub create_cluster
{
	my $number = shift;
	my $node = PostgreSQL::Test::Cluster->new("new$number", install_path => install_copy($number));
	delete local $ENV{TEMP_CONFIG};
	$node->init(extra => [ '--encoding=UTF8', $number >= 18 ? '--no-data-checksums' : () ]);
	$node->append_conf('postgresql.conf', "shared_preload_libraries = 'rbac'\nrbac.jwt_secret = 'a secret of at least thirty-two bytes'");
	return $node;
}

for my $number (@newer)
{
	my $new = create_cluster($number);
	my $bindir = $new->config_data('--bindir');
	chdir PostgreSQL::Test::Utils::tempdir();
	command_ok([ "$bindir/pg_upgrade", '--no-sync', '-b', $old->config_data('--bindir'), '-B', $bindir, '-d', $old->data_dir,
		'-D', $new->data_dir, '-p', $old->port, '-P', $new->port, '-s', $new->host ], 'pg_upgrade to ' . $new->name);
	$new->start;
	is(contents($new), $contents, $new->name . ': every row of every table');
	is(ask($new), $answers, $new->name . ': the same answers');
	sound($new, $new->name);
	$new->safe_psql('postgres', administration_call($_, 2)) for repeatable_calls();
	isnt(contents($new), $contents, $new->name . ': administration goes on');
	sound($new, $new->name . ', after that');
	$new->stop;
}
done_testing();

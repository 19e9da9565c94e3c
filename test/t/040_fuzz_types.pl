# Damaged documents given to the types, as text and in binary form, and damaged
# images in a column: refused with the SQLSTATEs that the manual names, or
# accepted for what they are. The server lives through all of it.
#
# SEED=n makes other damage, CASES=n more of it.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use PostgreSQL::Test::Utils;
use RbacTest;
use Test::More;

my $seeds = "$FindBin::Bin/../fuzz/seeds";
my $seed  = $ENV{SEED} // 1;
my $cases = $ENV{CASES} // 3000;
my %seeds_of = (condition => 'condition', permission_grant => 'grant', privileges => 'privileges');
my @words = map { s/\\(["\\])/$1/gr } slurp_file("$FindBin::Bin/../fuzz/words.dict") =~ /^"(.*)"$/mg;

note "seed $seed";
srand $seed;

# ---- damage ----

sub any
{
	return $_[ rand @_ ];
}

# (offset, length) of some part of a string
sub part_of
{
	my $offset = int rand(1 + length $_[0]);
	return ($offset, int rand(1 + length($_[0]) - $offset));
}

# The same with one thing wrong; sometimes it is right all the same.
sub damaged
{
	my ($bytes, @others) = @_;
	my ($offset, $length) = part_of($bytes);
	my $other = any(@others);
	any(
		sub { substr($bytes, $offset, $length, '') },
		sub { substr($bytes, $offset, 0, substr($bytes, $offset, $length)) },
		sub { substr($bytes, $offset, 0, any(@words)) },
		sub { substr($bytes, $offset, 1, chr int rand 256) if $offset < length $bytes },
		sub { substr($bytes, $offset, $length, substr($other, $_[0], $_[1])) },
		sub { substr($bytes, $offset, $length, substr($bytes, $offset, $length) x 40) })->(part_of($other));
	return $bytes;
}

sub damaged_often
{
	my ($bytes, @others) = @_;
	$bytes = damaged($bytes, @others) for 0 .. rand 2;
	return $bytes;
}

# ---- what becomes of it ----

my $setup = q{
	CREATE EXTENSION rbac;
	CREATE TABLE damage (type text, form text, bytes bytea);
	CREATE TABLE outcome (type text, form text, state text, bytes bytea);
	CREATE CAST (bytea AS rbac.condition) WITHOUT FUNCTION;
	CREATE CAST (bytea AS rbac.permission_grant) WITHOUT FUNCTION;
	CREATE CAST (bytea AS rbac.privileges) WITHOUT FUNCTION;

	-- What is accepted can be shown, sent, and read again, and is then the same.
	CREATE FUNCTION use_text(type text, bytes bytea) RETURNS text LANGUAGE plpgsql AS $$
	DECLARE
		same boolean;
	BEGIN
		EXECUTE format('SELECT s = s::%1$s::text AND s = s::jsonb::%1$s::text
			FROM (SELECT convert_from($1, ''UTF8'')::%1$s::text) AS v (s)', type) INTO STRICT same USING bytes;
		RETURN CASE WHEN same THEN 'accepted' ELSE 'changed' END;
	END $$;
	CREATE FUNCTION use_image(type text, bytes bytea) RETURNS text LANGUAGE plpgsql AS $$
	DECLARE
		same boolean;
	BEGIN
		EXECUTE format('SELECT s = s::%1$s::text FROM (SELECT $1::%1$s::text) AS v (s)', type) INTO STRICT same USING bytes;
		IF type = 'rbac.privileges' THEN
			PERFORM p @> p, simplify(p), grants(p), allows(p, 'Doc:Read', '{"region": "eu"}')
			FROM (SELECT bytes::rbac.privileges) AS v (p);
		END IF;
		RETURN CASE WHEN same THEN 'accepted' ELSE 'changed' END;
	END $$;
	-- COPY is what calls receive functions in SQL.
	CREATE FUNCTION use_binary(type text, bytes bytea) RETURNS text LANGUAGE plpgsql AS $$
	DECLARE
		copy oid := lo_from_bytea(0, '\x5047434f50590aff0d0a00'::bytea || int4send(0) || int4send(0)
			|| int2send(1::int2) || int4send(length(bytes)) || bytes || int2send((-1)::int2));
	BEGIN
		PERFORM lo_export(copy, 'damage.bin'), lo_unlink(copy);
		EXECUTE format('CREATE TEMP TABLE received (value %s) ON COMMIT DROP', type);
		EXECUTE format('COPY received FROM %L (FORMAT binary)', current_setting('data_directory') || '/damage.bin');
		DROP TABLE received;
		RETURN 'accepted';
	END $$;
	CREATE FUNCTION outcome(type text, form text, bytes bytea) RETURNS text LANGUAGE plpgsql AS $$
	DECLARE
		result text;
	BEGIN
		EXECUTE format('SELECT use_%s($1, $2)', form) INTO result USING type, bytes;
		RETURN result;
	EXCEPTION WHEN OTHERS THEN
		RETURN SQLSTATE;
	END $$;
};

my @damage;
for my $type (sort keys %seeds_of)
{
	my @documents = map { slurp_file($_) } glob "$seeds/$seeds_of{$type}/*";
	my @images = map { slurp_file($_) } glob "$seeds/image_$seeds_of{$type}/*";
	for my $n (1 .. $cases)
	{
		push @damage, [ $type, 'text', damaged_often(any(@documents), @documents) ],
			[ $type, 'image', damaged_often(any(@images), @images) ];
		push @damage, [ $type, 'binary', damaged_often("\x01" . any(@documents), @documents) ] if $n % 4 == 0;
	}
}
my $file = PostgreSQL::Test::Utils::tempdir() . '/damage';
append_to_file($file, join '', map { "rbac.$_->[0]\t$_->[1]\t\\\\x" . unpack('H*', $_->[2]) . "\n" } @damage);

# Encodings, and in each form the SQLSTATEs that the manual names, with those by
# which the server refuses a message or bytes that are no text in its encoding.
my $node = start_node('main');
my %states = (text => '22P02,54000,22021', binary => '22P02,54000,22021,22P03,08P01', image => 'XX001');
for my $encoding ('UTF8', 'WIN1252')
{
	my $database = lc $encoding;
	$node->safe_psql('postgres', "CREATE DATABASE $database TEMPLATE template0 ENCODING '$encoding' LOCALE 'C'");
	$node->safe_psql('postgres', "ALTER DATABASE $database SET search_path = public, rbac");
	$node->safe_psql($database, $setup . "\\copy damage FROM '$file'");
	my ($code, $stdout, $stderr) = $node->psql($database,
		'INSERT INTO outcome SELECT type, form, outcome(type, form, bytes), bytes FROM damage');
	is($code, 0, "$encoding: " . @damage . ' damaged documents and images, and the server lives') or diag $stderr;

	for my $form (sort keys %states)
	{
		my $states = $states{$form} . ($encoding eq 'UTF8' ? '' : ',22P05');
		is($node->safe_psql($database, qq{
			SELECT type, state, encode((array_agg(bytes))[1], 'escape') FROM outcome
			WHERE form = '$form' AND state <> 'accepted' AND state <> ALL ('{$states}') GROUP BY 1, 2}), '',
			"$encoding: as $form, nothing but what is documented");
		is($node->safe_psql($database, qq{
			SELECT count(DISTINCT type) FILTER (WHERE state = 'accepted'), count(DISTINCT type) FILTER (WHERE state <> 'accepted')
			FROM outcome WHERE form = '$form'}), '3|3', "$encoding: as $form, of each type some are accepted and some refused");
	}
	note $node->safe_psql($database, 'SELECT form, state, count(*) FROM outcome GROUP BY 1, 2 ORDER BY 1, 2');
}

$node->stop;
done_testing();

# Damage one thing in each of many equal indexes, on disk: check_index names it, and VACUUM and scans of what is still
# usable do not crash.

use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Vecstore;

use constant { BLOCK => 8192, HEADER => 24, TAIL => 16, NODES => 3, POSTINGS => 4, USED => 1 };

# Where fields are, as hnsw_page.h has them.
my %meta = (dims => HEADER + 16, record_bytes => HEADER + 24, slots => HEADER + 26, metric => HEADER + 6, storage => HEADER + 30, entry => HEADER + 44);
my %record = (flags => 0, level => 1, degree => 2, tid => 6, link => 12, scale => 20, code => 28);
my %cell = (owner => 0, next => 4, count => 8, tids => 12, bytes => 64);

# Bytes of an index file: at, put and find places by what is there.
my ($file, $bytes);
sub get { my ($at, $format) = @_; return unpack($format, substr($bytes, $at, 8)); }
sub put { my ($at, $format, $value) = @_; my $packed = pack($format, $value); substr($bytes, $at, length $packed) = $packed; return; }
sub kind { my ($block) = @_; return get(($block + 1) * BLOCK - TAIL, 'S'); }
sub blocks { return length($bytes) / BLOCK; }

# Offsets of all records in use for which the condition holds.
sub records
{
  my ($condition) = @_;
  my ($size, $slots) = (get($meta{record_bytes}, 'S'), get($meta{slots}, 'S'));
  my $first = $size % 64 == 0 ? 64 : HEADER;
  my @found;
  for my $block (grep { kind($_) == NODES } 1 .. blocks() - 1)
  {
    push @found, grep { (get($_ + $record{flags}, 'C') & USED) && $condition->($_) } map { $block * BLOCK + $first + $_ * $size } 0 .. $slots - 1;
  }
  return @found;
}
sub level { my ($at) = @_; return get($at + $record{level}, 'C'); }
sub links { my ($at) = @_; return $at + $record{code} + int((get($meta{dims}, 'L') + 3) / 4) * 4; }
sub sketch { my ($at) = @_; return links($at) + 16 * 4; }
sub base { return (records(sub { level($_[0]) == 0 }))[ $_[0] ]; }
sub upper { return (records(sub { level($_[0]) == 1 }))[0]; }
sub first_cell { return (grep { kind($_) == POSTINGS } 1 .. blocks() - 1)[0] * BLOCK + HEADER; }

# name, damage, what check_index must say about it, options of the index
my @damages = (
  [ 'the metric', sub { put($meta{metric}, 'C', 9) }, qr/^error\|meta page\|its metric is unknown$/ ],
  [ 'the record size', sub { put($meta{record_bytes}, 'S', 64000) }, qr/^error\|meta page\|its record size/ ],
  [ 'the entry', sub { put($meta{entry}, 'L', 0) }, qr/^error\|meta page\|there are nodes, but no entry/m ],
  [ 'a page kind', sub { put(blocks() * BLOCK - TAIL, 'S', 77) }, qr/^error\|block \d+\|its kind is unknown$/m ],
  [ 'a page tag', sub { put(blocks() * BLOCK - TAIL + 4, 'L', 1) }, qr/^error\|block \d+\|it belongs to another index$/m ],
  [ 'a page count', sub { put((int(base(0) / BLOCK) + 1) * BLOCK - TAIL + 2, 'S', 1) }, qr/^error\|block \d+\|it has \d+ slots in use and says 1$/m ],
  [ 'a code', sub { put(base(5) + $record{code}, 'c', get(base(5) + $record{code}, 'c') ^ 64) }, qr/^error\|node .*\|its norm does not fit its code$/m ],
  [ 'a scale', sub { put(base(5) + $record{scale}, 'L', 0x7fc00000) }, qr/^error\|node .*\|its scale is no positive number$/m ],
  [ 'a flag', sub { put(base(5) + $record{flags}, 'C', 0x81) }, qr/^error\|node .*\|it has unknown flags$/m ],
  [ 'a degree', sub { put(base(5) + $record{degree}, 'C', 255) }, qr/^error\|node .*\|it has more links than fit$/m ],
  [ 'a link', sub { put(links(base(5)), 'L', 0xfffffff0) }, qr/^error\|node .*\|it links to node 4294967280, which does not exist at level 0$/m ],
  [ 'a link again', sub { put(links(base(5)), 'L', get(links(base(5)) + 4, 'L')) }, qr/^error\|node .*\|it links to node \d+ twice$/m ],
  [ 'a way down', sub { put(upper() + $record{link}, 'L', 0xfffffff0) }, qr/^error\|node .*\|it leads down to node 4294967280/m ],
  [ 'another way down', sub { put(upper() + $record{tid}, 'L', 5) }, qr/^error\|node .*\|it belongs to node 5 at level 0/m ],
  [ 'a row', sub { substr($bytes, base(5) + $record{tid}, 6) = substr($bytes, base(6) + $record{tid}, 6) }, qr/it is in the index 2 times.*it is not in the index|it is not in the index.*it is in the index 2 times/s ],
  [ 'a row number', sub { put(base(5) + $record{tid} + 4, 'S', 4000) }, qr/the index has it, but the table does not \(1 such rows\)/ ],
  [ 'no row', sub { put(base(5) + $record{tid} + 4, 'S', 0) }, qr/^error\|node .*\|it has no heap row and is no tombstone$/m ],
  [ 'the owner of a cell', sub { put(first_cell() + $cell{owner}, 'L', 12345) }, qr/leads to a cell of another node.*in use for node 12345, but not in/s ],
  [ 'a chain', sub { put(first_cell() + $cell{next}, 'L', get((records(sub { get($_[0] + $record{flags}, 'C') == 5 }))[0] + $record{link}, 'L')) }, qr/its posting chain is a cycle/ ],
  [ 'a row count', sub { put(first_cell() + $cell{count}, 'S', 99) }, qr/a cell of its posting chain has an impossible number of rows/ ],
  [ 'a sketch', sub { put(sketch(base(5)) + 4, 'S', get(sketch(base(5)) + 4, 'S') ^ 0xffff) }, qr/^error\|node .*\|its sketch of node \d+ is not the one of that node$/m, 'storage = sketch' ],
  [ 'the storage', sub { put($meta{storage}, 'C', 7) }, qr/^error\|meta page\|it was written by another version of vecstore$/, 'storage = sketch' ]);

my $node = new_server('main');
$node->safe_psql(
  'postgres', "CREATE TABLE items (id int PRIMARY KEY, v vector(16));
  INSERT INTO items SELECT i, ${\make_vectors('i', 16)} FROM generate_series(1, 2000) i;
  INSERT INTO items SELECT 10000 + i, (SELECT v FROM items WHERE id = 7) FROM generate_series(1, 30) i;");
for my $i (0 .. $#damages)
{
  $node->safe_psql('postgres', "CREATE INDEX items_$i ON items USING hnsw (v vector_l2_ops) WITH (" . join(', ', 'm = 8', $damages[$i][3] // ()) . ')');
  is($node->safe_psql('postgres', "SELECT * FROM vecstore.check_index('items_$i')"), '', "items_$i is sound at first");
}
my @files = map { $node->data_dir . '/' . $node->safe_psql('postgres', "SELECT pg_relation_filepath('items_$_')") } 0 .. $#damages;

$node->stop;
for my $i (0 .. $#damages)
{
  $file = $files[$i];
  $bytes = slurp_file($file);
  $damages[$i][1]->();
  open(my $out, '>:raw', $file) or die "$file: $!";
  print $out $bytes;
  close($out);
}
$node->start;

for my $i (0 .. $#damages)
{
  my ($name, undef, $expected) = @{ $damages[$i] };
  like($node->safe_psql('postgres', "SELECT * FROM vecstore.check_index('items_$i')"), $expected, "$name: reported");
}

# What VACUUM cannot trust stops it with an error that names the index, or does not disturb it.
$node->safe_psql('postgres', 'DELETE FROM items WHERE id % 3 = 0');
for (0 .. $#damages)
{
  my ($result, $stdout, $stderr) = $node->psql('postgres', 'VACUUM items');
  last if $result == 0;
  like($stderr, qr/ERROR: .*CONTEXT:  while vacuuming index "items_\d+"/s, 'VACUUM refuses');
  $node->safe_psql('postgres', "DROP INDEX $1") if $stderr =~ /while vacuuming index "(items_\d+)"/;
}
is($node->safe_psql('postgres', 'SELECT 1'), '1', 'the server is still there');

$node->stop;
done_testing();

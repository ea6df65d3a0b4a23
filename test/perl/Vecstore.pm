# Vecstore.pm - what the TAP tests share: a server with vecstore, vectors, and the questions asked of an index.
#
# Relies on PostgreSQL's own test modules.  Every check is one subtest result, so tests read as a list of
# facts; the SQL stays here.
package Vecstore;

use strict;
use warnings;

use Exporter 'import';
use IO::Uncompress::Gunzip;
use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

our @EXPORT = qw(new_server copy_fashion_mnist make_vectors index_is_clean index_is_exact recall_at_least remember_truth
  kill_everything);

# The largest candidate list: on the tables of these tests a search with it is exact.
our $EXACT = 'SET hnsw.ef_search = 10000;';
my $INDEX = 'SET enable_seqscan = off; SET enable_sort = off;';
my $NO_INDEX = 'SET enable_indexscan = off;';

# A started server whose database postgres has the extension.  Options go to init; conf is appended.
sub new_server
{
  my ($name, %options) = @_;
  my $conf = delete $options{conf} // '';
  my $node = PostgreSQL::Test::Cluster->new($name);
  $node->init(%options);
  $node->append_conf('postgresql.conf', "shared_buffers = 64MB\nmax_wal_size = 1GB\nautovacuum = off\n$conf");
  $node->start;
  $node->safe_psql('postgres', 'CREATE EXTENSION vecstore');
  return $node;
}

# SQL for an array of dim numbers that depend on the integer expression key only.
sub make_vectors
{
  my ($key, $dim) = @_;
  return "(SELECT array_agg((hashint8extended(($key)::bigint * 1000 + j, 0) & 1023)::int - 511) FROM generate_series(1, $dim) j)";
}

# Fill TABLE (COLUMNS: an id and a vector) with count images of Fashion-MNIST from the first on: 784 numbers from 0 to 255 each.
sub copy_fashion_mnist
{
  my ($node, $table, $first, $count) = @_;
  my $source = '/usr/share/datasets/fashion-mnist/train-images-idx3-ubyte.gz';
  my $images = IO::Uncompress::Gunzip->new($source) or die "cannot read $source";
  my $file = $node->basedir . '/images.copy';
  my ($header, $skipped, $image);
  read($images, $header, 16) == 16 or die 'short header';
  read($images, $skipped, 784 * $first);
  open(my $out, '>', $file) or die "$file: $!";
  for my $id ($first .. $first + $count - 1)
  {
    read($images, $image, 784) == 784 or die 'short image';
    print $out "$id\t[", join(',', unpack('C*', $image)), "]\n";
  }
  close($out);
  $node->safe_psql('postgres', "COPY $table FROM '$file'");
  unlink $file;
  return;
}

# Warnings are left out: a few nodes that only the end of a scan finds are no damage.
sub index_is_clean
{
  my ($node, $index, $when) = @_;
  local $Test::Builder::Level = $Test::Builder::Level + 1;
  is($node->safe_psql('postgres', "SELECT * FROM vecstore.check_index('$index') WHERE severity = 'error'"), '', "$index has no problems $when");
  return;
}

# A full scan through the index returns each row that has a place in it once, in the order of the exact
# distances, and the nearest rows of a few queries are those of an exact search.
sub index_is_exact
{
  my ($node, $table, $column, $operator, $when) = @_;
  local $Test::Builder::Level = $Test::Builder::Level + 1;
  my $query = "(SELECT $column FROM $table ORDER BY id LIMIT 1)";
  my $distances = "SELECT count(*) || ' ' || md5(string_agg(d::text, ' ')) FROM (SELECT $column $operator $query AS d FROM $table
    WHERE $column IS NOT NULL ORDER BY $column $operator $query) s";
  my $nearest = "SELECT count(*) || ' ' || md5(string_agg(q.id || ':' || d::text, ' ' ORDER BY q.id, d)) FROM
    (SELECT id, $column AS v FROM $table WHERE $column IS NOT NULL ORDER BY id LIMIT 20) q,
    LATERAL (SELECT $column $operator q.v AS d FROM $table ORDER BY $column $operator q.v LIMIT 10) near";
  for (['all rows in order', $distances], ['the nearest rows', $nearest])
  {
    my ($what, $sql) = @$_;
    is($node->safe_psql('postgres', "$EXACT $INDEX $sql"), $node->safe_psql('postgres', "$NO_INDEX $sql"),
      "$table.$column $operator: $what $when");
  }
  return;
}

# Keep in table truth, for each row of table queries, the distance of its tenth nearest row.
sub remember_truth
{
  my ($node, $table, $column, $operator) = @_;
  $node->safe_psql(
    'postgres', "$NO_INDEX DROP TABLE IF EXISTS truth; CREATE TABLE truth AS
    SELECT q.id, (SELECT max(d) FROM (SELECT $column $operator q.$column AS d FROM $table ORDER BY 1 LIMIT 10) s) AS tenth
    FROM queries q");
  return;
}

# Of ten rows asked for, the share that is as near as the true ten; over all rows of table queries.
sub recall_at_least
{
  my ($node, $table, $column, $operator, $settings, $floor, $when) = @_;
  local $Test::Builder::Level = $Test::Builder::Level + 1;
  my $recall = $node->safe_psql(
    'postgres', "$INDEX $settings SELECT round(count(*) / 10.0 / (SELECT count(*) FROM queries), 4)
    FROM queries q JOIN truth USING (id),
    LATERAL (SELECT $column $operator q.$column AS d FROM $table ORDER BY $column $operator q.$column LIMIT 10) near
    WHERE d <= tenth");
  cmp_ok($recall, '>=', $floor, "$table.$column $operator: recall $recall $when");
  return;
}

# End every process of the server with SIGKILL, as losing the machine would.
sub kill_everything
{
  my ($node) = @_;
  my ($postmaster) = slurp_file($node->data_dir . '/postmaster.pid') =~ /^(\d+)\n/ or die 'no server to kill';
  my @pids = ($postmaster, grep { parent_of($_) == $postmaster } map { m|/(\d+)/stat$| } glob('/proc/[0-9]*/stat'));
  $node->kill9;
  kill 'KILL', @pids;
  for (1 .. 1000)
  {
    # A process counts until its parent has collected it: so does the server's own check at the next start.
    return unless grep { kill(0, $_) } @pids;
    select(undef, undef, undef, 0.01);
  }
  die 'processes survived SIGKILL';
}

# The parent of a process, 0 when there is no such process any more.
sub parent_of
{
  my ($pid) = @_;
  open(my $stat, '<', "/proc/$pid/stat") or return 0;
  my $line = <$stat> // '';
  return $line =~ /\) [A-Z] (\d+) / ? $1 : 0;
}

1;

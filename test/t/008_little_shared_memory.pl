# A build that cannot have the shared memory for workers says so and goes on in one process.
#
# Files of this server, segments of shared memory among them, cannot exceed 8 MB (RLIMIT_FSIZE): what a
# small /dev/shm does, but anybody may ask for it.

use strict;
use warnings;

# Before PostgreSQL's modules take hold of the output.
BEGIN
{
  unless ($ENV{FILES_ARE_LIMITED})
  {
    $ENV{FILES_ARE_LIMITED} = 1;
    exec('bash', '-c', 'ulimit -f 8192 && exec "$@"', 'bash', $^X, (map { "-I$_" } @INC), $0) or die "bash: $!";
  }
}

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Vecstore;

my $node = new_server(
  'main',
  extra => ['--wal-segsize=1'],
  conf => "dynamic_shared_memory_type = posix\nmin_wal_size = 2MB\nmaintenance_work_mem = 256MB");
my $vector = make_vectors('i', 4);
$node->safe_psql(
  'postgres', "CREATE TABLE items (id int, v vector(4)) WITH (parallel_workers = 1);
  INSERT INTO items SELECT i, $vector FROM generate_series(1, 20000) i");

# built(COMMANDS) - the commands succeed, with the notice or without; the index is sound and complete.
sub built
{
  my ($commands, $is_noticed, $rows) = @_;
  local $Test::Builder::Level = $Test::Builder::Level + 1;
  subtest $commands => sub {
    my ($status, undef, $stderr) = $node->psql('postgres', $commands);
    is($status, 0, 'is built');
    my $notice = qr/NOTICE:  building index "items_idx\w*" without parallel workers: not enough shared memory\nDETAIL:  .*shared memory segment.*\nHINT:/;
    $is_noticed ? like($stderr, $notice, 'says so') : is($stderr, '', 'says nothing');
    index_is_clean($node, 'items_idx', 'afterwards');
    is($node->safe_psql('postgres', "SELECT rows FROM vecstore.index_stats('items_idx')"), $rows, 'all rows');
  };
  return;
}

built('CREATE INDEX items_idx ON items USING hnsw (v vector_l2_ops)', 1, 20000);
built('REINDEX INDEX CONCURRENTLY items_idx', 1, 20000);
built('BEGIN; SAVEPOINT a; REINDEX INDEX items_idx; ROLLBACK TO a; REINDEX INDEX items_idx; COMMIT', 1, 20000);
$node->safe_psql('postgres', 'DELETE FROM items WHERE id > 5000; VACUUM items');
built('REINDEX INDEX items_idx', 0, 5000);
is($node->safe_psql('postgres', "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'parallel worker'"), 0, 'no worker is left');
unlike(slurp_file($node->logfile), qr/leak|TRAP|PANIC/, 'nothing is leaked');

$node->stop;
done_testing();

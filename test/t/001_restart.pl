# What an index looks like after a clean restart and after a crash: logged tables keep everything, unlogged
# tables come back empty and usable; checksums are right.

use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Vecstore;

my $node = new_server('main', extra => ['--data-checksums']);
for my $kind ('', 'UNLOGGED')
{
  my $name = $kind ? 'unlogged' : 'logged';
  $node->safe_psql(
    'postgres', "CREATE $kind TABLE $name (id int PRIMARY KEY, v vector(16));
    INSERT INTO $name SELECT i, ${\make_vectors('i', 16)} FROM generate_series(1, 1000) i;
    CREATE INDEX ${name}_idx ON $name USING hnsw (v vector_l2_ops);
    INSERT INTO $name SELECT i, ${\make_vectors('i', 16)} FROM generate_series(1001, 1200) i;
    DELETE FROM $name WHERE id % 10 = 0");
  $node->safe_psql('postgres', "VACUUM $name");
}

$node->restart;
for my $name ('logged', 'unlogged')
{
  index_is_clean($node, "${name}_idx", 'after a clean restart');
  index_is_exact($node, $name, 'v', '<->', 'after a clean restart');
}

$node->stop('immediate');
$node->start;
index_is_clean($node, 'logged_idx', 'after a crash');
index_is_exact($node, 'logged', 'v', '<->', 'after a crash');

index_is_clean($node, 'unlogged_idx', 'when a crash has emptied it');
is($node->safe_psql('postgres', 'SET enable_seqscan = off; SELECT count(*) FROM (SELECT id FROM unlogged ORDER BY v <-> (SELECT v FROM logged LIMIT 1)) s'),
  '0', 'an unlogged table is empty after a crash');
is($node->safe_psql('postgres', "SELECT rows, m, ef_construction FROM vecstore.index_stats('unlogged_idx')"),
  '0|16|64', 'its index is empty, with its options');
$node->safe_psql('postgres', 'INSERT INTO unlogged SELECT * FROM logged');
index_is_clean($node, 'unlogged_idx', 'when filled again');
index_is_exact($node, 'unlogged', 'v', '<->', 'when filled again');

# A crash between two checkpoints in the middle of changes.
$node->safe_psql('postgres', 'CHECKPOINT');
$node->safe_psql(
  'postgres', "UPDATE logged SET v = ${\make_vectors('id + 5000', 16)} WHERE id % 3 = 0;
  DELETE FROM logged WHERE id % 7 = 0");
$node->safe_psql('postgres', 'VACUUM logged');
$node->stop('immediate');
$node->start;
index_is_clean($node, 'logged_idx', 'after changes and a crash');
index_is_exact($node, 'logged', 'v', '<->', 'after changes and a crash');

$node->stop;
command_ok([ 'pg_checksums', '--check', '-D', $node->data_dir ], 'checksums are right');

done_testing();

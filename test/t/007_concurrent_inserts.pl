# Several clients fill an empty index at the same time: it is sound, holds every row, and pages that clients added at the
# same moment are filled all the same.

use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Vecstore;

use constant { CLIENTS => 8, ROWS_EACH => 60, ROUNDS => 3, SLOTS_PER_PAGE => 31 };

my $node = new_server('inserts');
my $rows = CLIENTS * ROWS_EACH;

for my $round (1 .. ROUNDS)
{
  $node->safe_psql('postgres', 'DROP TABLE IF EXISTS t; CREATE TABLE t (v vector(100)); CREATE INDEX t_v ON t USING hnsw (v vector_l2_ops)');
  $node->pgbench('-n -c ' . CLIENTS . ' -t ' . ROWS_EACH, 0, [qr/processed/], [qr/^$/], "round $round: clients insert",
    { "007_insert_$round" => 'INSERT INTO t SELECT ARRAY(SELECT random() FROM generate_series(1, 100))::vector' });
  is($node->safe_psql('postgres', q(SELECT rows FROM vecstore.index_stats('t_v'))), $rows, "round $round: all rows are in the index");
  index_is_clean($node, 't_v', "round $round");
  my $pages = $node->safe_psql('postgres', q(SELECT pages FROM vecstore.index_stats('t_v')));
  cmp_ok($pages, '<=', 2 * $rows / SLOTS_PER_PAGE, "round $round: pages are filled");
}

$node->stop;
done_testing();

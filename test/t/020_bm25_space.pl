# A table that keeps its size has an index that keeps its size, however often documents come, go, are flushed, merged and
# vacuumed: blocks that were given back are used again, in runs as long as they are needed.

use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Ranked;
use Vecstore;

my $node = new_server('space');
my $sample = make_document('i', '10 + i % 30');
$node->safe_psql(
  'postgres', "CREATE TABLE docs (id int PRIMARY KEY, v tsvector);
  CREATE SEQUENCE next_id;
  INSERT INTO docs SELECT i, $sample FROM (SELECT nextval('next_id') AS i FROM generate_series(1, 6000)) s;
  CREATE INDEX docs_v ON docs USING bm25 (v)");

sub pages_after
{
  my ($rounds) = @_;
  # The first insert is the transaction up to which the blocks that were given back last have to wait.
  $node->pgbench(
    "-n -t $rounds", 0, [qr/processed: $rounds/], [qr/^$/],
    "$rounds times as many documents come as go",
    {
      "020_rounds_$rounds" => "INSERT INTO docs SELECT i, $sample FROM (SELECT nextval('next_id') AS i FROM generate_series(1, 50)) s;
INSERT INTO docs SELECT i, $sample FROM (SELECT nextval('next_id') AS i FROM generate_series(1, 50)) s;
DELETE FROM docs WHERE id IN (SELECT id FROM docs ORDER BY id LIMIT 100);
VACUUM docs;
SELECT vecstore.bm25_merge('docs_v');\n"
    });
  return $node->safe_psql('postgres', "SELECT bytes / 8192 FROM vecstore.bm25_stats('docs_v')");
}

my $some = pages_after(40);
my $more = pages_after(120);
cmp_ok($more, '<', 1.5 * $some, "the index does not grow: $some pages, then $more");
is($node->safe_psql('postgres', "SELECT * FROM vecstore.check_index('docs_v')"), '', 'nothing is wrong');
ranking_is_right($node, 'docs', 'v', 'afterwards');

$node->stop;
done_testing();

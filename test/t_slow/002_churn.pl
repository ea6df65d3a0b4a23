# Heavy churn by four clients while VACUUM and REINDEX CONCURRENTLY run: nothing fails, the index stays whole and
# exact, freed slots are used again, and recall does not fade.

use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Vecstore;

my $node = new_server('main', conf => "fsync = off\nshared_buffers = 256MB");
my $dir = $node->basedir;
$node->safe_psql(
  'postgres', "CREATE TABLE items (id int PRIMARY KEY, v vector(32));
  CREATE TABLE queries (id int, v vector(32));
  CREATE SEQUENCE next_id;
  CREATE FUNCTION sample(key int) RETURNS vector LANGUAGE sql AS 'SELECT ${\make_vectors('key', 32)}::vector';
  INSERT INTO queries SELECT i, sample(-i) FROM generate_series(1, 100) i;
  INSERT INTO items SELECT i, sample(i) FROM (SELECT nextval('next_id')::int AS i FROM generate_series(1, 5000)) s;
  CREATE INDEX items_idx ON items USING hnsw (v vector_l2_ops)");
remember_truth($node, 'items', 'v', '<->');
recall_at_least($node, 'items', 'v', '<->', 'SET hnsw.ef_search = 200;', 0.95, 'of a fresh index');
my $pages = $node->safe_psql('postgres', "SELECT pages FROM vecstore.index_stats('items_idx')");

append_to_file("$dir/replace.sql", "\\set key random(0, 1000000)
BEGIN;
DELETE FROM items WHERE id = (SELECT id FROM items ORDER BY id OFFSET :key % 1000 LIMIT 1 FOR UPDATE SKIP LOCKED);
INSERT INTO items SELECT i, sample(i) FROM (SELECT nextval('next_id')::int AS i) s;
COMMIT;\n");
append_to_file("$dir/search.sql", "\\set key random(1, 100)
SET enable_seqscan = off;
SELECT id FROM items ORDER BY v <-> (SELECT v FROM queries WHERE id = :key) LIMIT 20;\n");

for my $round (1 .. 5)
{
  my $load = sub {
    $node->command_ok(
      [ 'pgbench', '--no-vacuum', '--client=4', '--transactions=500', '--random-seed', $round,
        "--file=$dir/replace.sql\@8", "--file=$dir/search.sql\@2", 'postgres' ],
      "round $round: @_");
  };
  my $maintenance = IPC::Run::start(
    [ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('postgres'),
      (map { ('-c', $_) } 'VACUUM items', 'VACUUM items', $round == 3 ? 'REINDEX INDEX CONCURRENTLY items_idx' : 'VACUUM items') ],
    '>', \my $out, '2>', \my $err);
  $load->('four clients replace rows and search');
  ok($maintenance->finish, "round $round: maintenance succeeds") or diag $err;
  index_is_clean($node, 'items_idx', "after round $round");
}

$node->safe_psql('postgres', 'VACUUM items');
index_is_exact($node, 'items', 'v', '<->', 'after the churn');
remember_truth($node, 'items', 'v', '<->');
recall_at_least($node, 'items', 'v', '<->', 'SET hnsw.ef_search = 200;', 0.95, 'after every row was replaced');
my $stats = "FROM vecstore.index_stats('items_idx')";
is($node->safe_psql('postgres', "SELECT rows $stats"), $node->safe_psql('postgres', 'SELECT count(*) FROM items'),
  'the index counts the rows of the table');
cmp_ok($node->safe_psql('postgres', "SELECT pages $stats"), '<=', 1.6 * $pages, 'freed slots are used again');

done_testing();

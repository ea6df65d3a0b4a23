# Kill the server with SIGKILL under concurrent inserts, updates, deletes and VACUUM, twenty times over.  After each
# recovery no index has a problem, and searches find exactly what the table holds.

use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Vecstore;

use constant ROUNDS => 20;

my $node = new_server('main', conf => "fsync = off\ncheckpoint_timeout = 30s\nmax_wal_size = 64MB\nmin_wal_size = 32MB");
my $dir = $node->basedir;
$node->safe_psql(
  'postgres', "CREATE TABLE items (id int PRIMARY KEY, v vector(24), h halfvec(24));
  CREATE SEQUENCE next_id;
  CREATE FUNCTION sample(key int) RETURNS vector LANGUAGE sql AS 'SELECT ${\make_vectors('key', 24) =~ s/'/''/gr}::vector';
  INSERT INTO items SELECT i, sample(i), sample(i) FROM (SELECT nextval('next_id')::int AS i FROM generate_series(1, 1000)) s;
  ALTER TABLE items SET (parallel_workers = 2);
  CREATE INDEX items_l2 ON items USING hnsw (v vector_l2_ops);
  ALTER TABLE items RESET (parallel_workers);
  CREATE INDEX items_cosine ON items USING hnsw (h halfvec_cosine_ops) WITH (m = 6, ef_construction = 24);
  CREATE INDEX items_sketch ON items USING hnsw (v vector_cosine_ops) WITH (m = 8, storage = sketch)");

# One row in five is a copy of another vector.
append_to_file("$dir/insert.sql", "\\set copy random(1, 5)
INSERT INTO items SELECT i, sample(k), sample(k)
  FROM (SELECT i, CASE WHEN :copy = 1 THEN 1 + i % 100 ELSE i END AS k FROM (SELECT nextval('next_id')::int AS i) s) s;\n");
append_to_file("$dir/update.sql", "\\set key random(1, 1000000)
UPDATE items SET v = sample(-:key), h = sample(-:key) WHERE id = (SELECT id FROM items ORDER BY id OFFSET :key % 900 LIMIT 1);\n");
append_to_file("$dir/delete.sql", "\\set key random(1, 1000000)
DELETE FROM items WHERE id IN (SELECT id FROM items ORDER BY id OFFSET :key % 900 LIMIT 1);\n");
append_to_file("$dir/search.sql", "\\set key random(1, 1000000)
SET enable_seqscan = off;
SELECT id FROM items ORDER BY v <-> sample(:key) LIMIT 10;\n");
append_to_file("$dir/vacuum.sql", "VACUUM items;\n");

for my $round (1 .. ROUNDS)
{
  my $before = $node->safe_psql('postgres', 'SELECT last_value FROM next_id');
  my $load = IPC::Run::start(
    [ 'pgbench', '--no-vacuum', '--client=4', '--time=600', '--host', $node->host, '--port', $node->port, '--random-seed', $round,
      (map { ("--file=$dir/" . $_->[0] . '.sql@' . $_->[1]) }
          [ 'insert', 40 ], [ 'update', 20 ], [ 'delete', 38 ], [ 'search', 10 ], [ 'vacuum', 1 ]), 'postgres' ],
    '>', '/dev/null', '2>', '/dev/null');
  my $target = $before + 100 + 37 * $round % 300;
  $node->poll_query_until('postgres', "SELECT last_value > $target FROM next_id") or die 'the load makes no progress';
  kill_everything($node);
  $load->finish;
  $node->start;

  subtest "round $round" => sub {
    cmp_ok($node->safe_psql('postgres', 'SELECT count(*) FROM items'), '>', 500, 'rows are left');
    index_is_clean($node, $_, 'after recovery') for 'items_l2', 'items_cosine', 'items_sketch';
    index_is_exact($node, 'items', 'v', '<->', 'after recovery');
    index_is_exact($node, 'items', 'h', '<=>', 'after recovery');
    index_is_exact($node, 'items', 'v', '<=>', 'after recovery');
  };
}

$node->safe_psql('postgres', 'VACUUM items');
index_is_clean($node, $_, 'after the last VACUUM') for 'items_l2', 'items_cosine', 'items_sketch';
index_is_exact($node, 'items', 'v', '<->', 'after the last VACUUM');

done_testing();

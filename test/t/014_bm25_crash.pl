# Kill the server with SIGKILL while documents come, change and go, runs are flushed and segments merged and vacuumed.
# After each recovery no bm25 index has a problem, and it answers as the table does.

use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Ranked;
use Vecstore;

use constant ROUNDS => 7;

my $node = new_server('main', conf => "fsync = off\ncheckpoint_timeout = 30s\nmax_wal_size = 64MB\nmin_wal_size = 32MB");
my $dir = $node->basedir;
my $document = make_document('key', '10 + key % 40') =~ s/'/''/gr;
$node->safe_psql(
  'postgres', "CREATE TABLE docs (id int PRIMARY KEY, v tsvector);
  CREATE SEQUENCE next_id;
  CREATE FUNCTION sample(key int) RETURNS tsvector LANGUAGE sql AS 'SELECT $document';
  INSERT INTO docs SELECT i, sample(i) FROM (SELECT nextval('next_id')::int AS i FROM generate_series(1, 1000)) s;
  CREATE INDEX docs_v ON docs USING bm25 (v)");

append_to_file("$dir/insert.sql", "INSERT INTO docs SELECT i, sample(i) FROM (SELECT nextval('next_id')::int AS i FROM generate_series(1, 20)) s;\n");
append_to_file("$dir/long.sql", "INSERT INTO docs SELECT i, (SELECT to_tsvector('simple', string_agg('w' || j, ' ')) FROM generate_series(i % 100, 3000) j)
  FROM (SELECT nextval('next_id')::int AS i) s;\n");
append_to_file("$dir/update.sql", "\\set key random(1, 1000000)
UPDATE docs SET v = sample(:key) WHERE id = (SELECT id FROM docs ORDER BY id OFFSET :key % 900 LIMIT 1);\n");
append_to_file("$dir/delete.sql", "\\set key random(1, 1000000)
DELETE FROM docs WHERE id IN (SELECT id FROM docs ORDER BY id OFFSET :key % 900 LIMIT 15);\n");
append_to_file("$dir/search.sql", "\\set key random(1, 50)
SET enable_seqscan = off;
SELECT id FROM docs ORDER BY v <@> 'w:key | w1'::tsquery LIMIT 10;\n");
append_to_file("$dir/vacuum.sql", "VACUUM docs;\n");

for my $round (1 .. ROUNDS)
{
  my $before = $node->safe_psql('postgres', 'SELECT last_value FROM next_id');
  my $load = IPC::Run::start(
    [ 'pgbench', '--no-vacuum', '--client=4', '--time=600', '--host', $node->host, '--port', $node->port, '--random-seed', $round,
      (map { ("--file=$dir/" . $_->[0] . '.sql@' . $_->[1]) }
          [ 'insert', 40 ], [ 'long', 2 ], [ 'update', 20 ], [ 'delete', 30 ], [ 'search', 10 ], [ 'vacuum', 2 ]), 'postgres' ],
    '>', '/dev/null', '2>', '/dev/null');
  my $target = $before + 1500 + 137 * $round % 700;
  $node->poll_query_until('postgres', "SELECT last_value > $target FROM next_id") or die 'the load makes no progress';
  kill_everything($node);
  $load->finish;
  $node->start;

  subtest "round $round" => sub {
    cmp_ok($node->safe_psql('postgres', 'SELECT count(*) FROM docs'), '>', 500, 'rows are left');
    index_is_clean($node, 'docs_v', 'after recovery');
    ranking_is_right($node, 'docs', 'v', 'after recovery');
  };
}

cmp_ok($node->safe_psql('postgres', "SELECT segments FROM vecstore.bm25_stats('docs_v')"), '>', 0, 'there are segments');
$node->safe_psql('postgres', 'VACUUM docs');
index_is_clean($node, 'docs_v', 'after the last VACUUM');
is($node->safe_psql('postgres', "SELECT * FROM vecstore.check_index('docs_v')"), '', 'no block is lost after VACUUM');
ranking_is_right($node, 'docs', 'v', 'after the last VACUUM');
my $used = "SELECT bytes FROM vecstore.bm25_stats('docs_v')";
my $bytes = $node->safe_psql('postgres', $used);
$node->safe_psql('postgres', 'REINDEX INDEX docs_v');
my $fresh = $node->safe_psql('postgres', $used);
cmp_ok($bytes, '<', 60 * $fresh, "blocks are used again: $bytes bytes, a new index has $fresh");

done_testing();

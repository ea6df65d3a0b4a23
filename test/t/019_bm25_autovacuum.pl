# Autovacuum keeps a bm25 index in shape by itself: after inserts it makes a segment of documents that wait and merges
# segments; after deletes it clears the bits of dead documents, and drops them where they are many.

use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Ranked;
use Vecstore;

my $node = new_server('auto', conf => "autovacuum = on\nautovacuum_naptime = 1s\nautovacuum_vacuum_cost_delay = 0
  autovacuum_vacuum_threshold = 10\nautovacuum_vacuum_scale_factor = 0
  autovacuum_vacuum_insert_threshold = 10\nautovacuum_vacuum_insert_scale_factor = 0");
my $document = make_document('key', '10 + key % 30') =~ s/'/''/gr;
$node->safe_psql(
  'postgres', "CREATE TABLE docs (id int PRIMARY KEY, v tsvector) WITH (autovacuum_enabled = off);
  CREATE INDEX docs_v ON docs USING bm25 (v);
  CREATE FUNCTION sample(key int) RETURNS tsvector LANGUAGE sql AS 'SELECT $document'");

sub stats
{
  my ($columns) = @_;
  return $node->safe_psql('postgres', "SELECT $columns FROM vecstore.bm25_stats('docs_v')");
}

# Lets autovacuum see the table until it has nothing to do there.
sub let_autovacuum_run
{
  my $runs = "SELECT autovacuum_count FROM pg_stat_user_tables WHERE relname = 'docs'";
  my $before = $node->safe_psql('postgres', $runs);
  $node->safe_psql('postgres', 'ALTER TABLE docs SET (autovacuum_enabled = on)');
  ok($node->poll_query_until('postgres', "SELECT autovacuum_count > $before AND n_dead_tup = 0 AND n_ins_since_vacuum = 0
      FROM pg_stat_user_tables WHERE relname = 'docs'"), 'autovacuum has been there');
  $node->safe_psql('postgres', 'ALTER TABLE docs SET (autovacuum_enabled = off)');
  return;
}

sub is_in_shape
{
  my ($when) = @_;
  is($node->safe_psql('postgres', "SELECT * FROM vecstore.check_index('docs_v')"), '', "nothing is wrong $when");
  ranking_is_right($node, 'docs', 'v', $when);
  return;
}

# Seven segments that inserts have no reason to merge, and documents that wait: what is made of them is the eighth.
$node->safe_psql(
  'postgres', "DO \$\$ DECLARE n int := 0; BEGIN
    WHILE (SELECT segments < 7 OR waiting = 0 FROM vecstore.bm25_stats('docs_v')) LOOP
      INSERT INTO docs SELECT i, sample(i) FROM generate_series(n + 1, n + 100) i;
      n := n + 100;
    END LOOP;
  END \$\$");
my $count = $node->safe_psql('postgres', 'SELECT count(*) FROM docs');
is(stats('documents, dead, segments, waiting > 0'), "$count|0|7|t", 'segments and waiting documents');
let_autovacuum_run();
is(stats('documents, dead, segments, waiting'), "$count|0|1|0", 'after inserts: all documents are in one segment');
is_in_shape('after inserts');

# Few of a segment are dead: it stays.  Of those that wait, the dead do not get into one.
$node->safe_psql('postgres', "INSERT INTO docs SELECT i, sample(i) FROM generate_series($count + 1, $count + 100) i");
my $dead = $node->safe_psql('postgres', "WITH gone AS (DELETE FROM docs WHERE id % 10 = 0 RETURNING id) SELECT count(*) FROM gone WHERE id <= $count");
is(stats('documents, dead, segments, waiting'), $count + 100 . '|0|1|100', 'nobody has told the index of rows that are deleted');
let_autovacuum_run();
is(stats('documents, dead, segments, waiting'), $count + 90 . "|$dead|2|0", 'after some deletes: dead documents are known, or gone');
is_in_shape('after some deletes');

# Many are: it is written again, and the dead do not count any more.
$node->safe_psql('postgres', 'DELETE FROM docs WHERE id % 3 = 0');
my $alive = $node->safe_psql('postgres', "SELECT count(*), count(*) FILTER (WHERE v @@ 'w9') FROM docs");
let_autovacuum_run();
is(stats('documents, dead, waiting') . '|' . $node->safe_psql('postgres', "SELECT documents FROM vecstore.bm25_term_stats('docs_v', 'w9')"),
  $alive =~ s/\|/|0|0|/r, 'after many deletes: the living count');
is_in_shape('after many deletes');

$node->stop;
done_testing();

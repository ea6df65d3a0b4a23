# Searches while most of the index does not fit the buffer pool and other clients insert, delete and vacuum: probes read
# buffers without a pin, so pages are taken away under them all the time.  Recall stays what it is on a quiet server.
# VECSTORE_STRESS_SECONDS makes it last longer.

use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Vecstore;

use constant { ROWS => 20_000, DIM => 64, QUERIES => 100, EF => 100 };

my $seconds = $ENV{VECSTORE_STRESS_SECONDS} // 8;
my $node = new_server('eviction', conf => 'shared_buffers = 1MB');
my $settings = 'SET hnsw.ef_search = ' . EF . ';';

# What clients write is far away from what is searched for, so the true neighbours stay what they are.
my $vector = make_vectors('i', DIM);
my $far = 'ARRAY(SELECT 10000 + (random() * 1000)::int FROM generate_series(1, ' . DIM . '))::vector';
$node->safe_psql(
  'postgres', "CREATE TABLE t (id int PRIMARY KEY, v vector(@{[DIM]}));
  INSERT INTO t SELECT i, $vector FROM generate_series(1, @{[ROWS]}) i;
  CREATE TABLE queries AS SELECT i AS id, ${vector}::vector AS v FROM generate_series(-@{[QUERIES]}, -1) i;
  CREATE TABLE found (id int, hits int);
  CREATE SEQUENCE written START 1000000;
  CREATE INDEX t_v ON t USING hnsw (v vector_l2_ops)");
remember_truth($node, 't', 'v', '<->');

cmp_ok($node->safe_psql('postgres', q(SELECT pg_relation_size('t_v') / (128 * 8192))), '>=', 4, 'the index is larger than the buffer pool');

# How many of the ten rows found for one query are among its true ten.
my $hits = 'SELECT count(*) FROM queries q JOIN truth USING (id), LATERAL (SELECT v <-> q.v AS d FROM t ORDER BY v <-> q.v LIMIT 10) near
  WHERE q.id = %s AND d <= tenth';
$node->safe_psql('postgres', "SET enable_seqscan = off; $settings CREATE TABLE quiet AS SELECT id, (" . sprintf($hits, 'every.id') . ') AS hits FROM queries every');
my $quiet = $node->safe_psql('postgres', 'SELECT avg(hits) / 10 FROM quiet');
cmp_ok($quiet, '>=', 0.8, "recall $quiet on the quiet server");

$node->pgbench(
  "-n -c 4 -T $seconds", 0, [qr/processed/], [qr/^$/],
  'clients search, write and vacuum',
  {
    '010_search@80' => "\\set q random(-@{[QUERIES]}, -1)\nSET enable_seqscan = off;\n$settings\nINSERT INTO found SELECT :q, (" . sprintf($hits, ':q') . ')' . ";\n",
    '010_insert@15' => "INSERT INTO t SELECT nextval('written'), $far FROM generate_series(1, 5);\n",
    '010_delete@4' => "DELETE FROM t WHERE id IN (SELECT id FROM t WHERE id >= 1000000 LIMIT 20);\n",
    '010_vacuum@1' => "VACUUM t;\n",
  });

my ($searches, $lost) = split /\|/, $node->safe_psql('postgres', 'SELECT count(*), sum(quiet.hits - found.hits) / (10.0 * count(*)) FROM found JOIN quiet USING (id)');
cmp_ok($searches, '>=', 20, "$searches searches were made meanwhile");
cmp_ok($lost, '<=', 0.01, "they lost $lost of recall");
index_is_clean($node, 't_v', 'afterwards');
recall_at_least($node, 't', 'v', '<->', $settings, $quiet - 0.01, 'afterwards');

$node->stop;
done_testing();

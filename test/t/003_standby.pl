# A streaming standby answers as the primary does while the primary builds, changes and vacuums indexes; every replayed
# page equals the primary's (wal_consistency_checking); after promotion the index takes rows.

use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Vecstore;

my $primary = new_server('primary', allows_streaming => 1, conf => "wal_consistency_checking = 'generic'");
$primary->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'base', has_streaming => 1);
$standby->start;

my $sample = make_vectors('i', 20);

# same_everywhere(WHEN) - both servers find the index sound, exact and equal.
sub same_everywhere
{
  my ($when) = @_;
  $primary->wait_for_catchup($standby);
  subtest $when => sub {
    for my $node ($primary, $standby)
    {
      index_is_clean($node, $_, 'on ' . $node->name) for 'items_l2', 'items_ip', 'items_sketch';
      index_is_exact($node, 'items', 'v', $_, 'on ' . $node->name) for '<->', '<=>';
    }
    my $answers = "SET enable_seqscan = off; SET hnsw.ef_search = 40;
      SELECT q, array_agg(id) FROM generate_series(5001, 5020) i, LATERAL (SELECT (${sample})::vector AS q) q,
      LATERAL (SELECT id FROM items ORDER BY v <-> q LIMIT 10) s GROUP BY 1 ORDER BY 1";
    is($standby->safe_psql('postgres', $answers), $primary->safe_psql('postgres', $answers), 'short lists give the same rows');
    is($standby->safe_psql('postgres', "SELECT * FROM vecstore.index_stats('items_l2')"),
      $primary->safe_psql('postgres', "SELECT * FROM vecstore.index_stats('items_l2')"), 'statistics are the same');
  };
  return;
}

$primary->safe_psql(
  'postgres', "CREATE TABLE items (id int PRIMARY KEY, v vector(20));
  CREATE INDEX items_ip ON items USING hnsw (v vector_ip_ops);
  INSERT INTO items SELECT i, $sample FROM generate_series(1, 800) i;
  ALTER TABLE items SET (parallel_workers = 2);
  CREATE INDEX items_l2 ON items USING hnsw (v vector_l2_ops);
  CREATE INDEX items_sketch ON items USING hnsw (v vector_cosine_ops) WITH (storage = sketch);
  ALTER TABLE items RESET (parallel_workers)");
same_everywhere('after a build by several processes');

$primary->safe_psql(
  'postgres', "INSERT INTO items SELECT i, $sample FROM generate_series(1001, 1300) i;
  INSERT INTO items SELECT i + 2000, v FROM items, generate_series(1, 100) i WHERE id = 5;
  UPDATE items SET v = v + v WHERE id % 11 = 0");
same_everywhere('after inserts, duplicates and updates');

$primary->safe_psql('postgres', 'DELETE FROM items WHERE id % 3 = 0');
$primary->safe_psql('postgres', 'VACUUM items');
same_everywhere('after VACUUM');

$primary->safe_psql('postgres', "INSERT INTO items SELECT i, $sample FROM generate_series(4001, 4300) i");
$primary->safe_psql('postgres', 'REINDEX INDEX CONCURRENTLY items_ip');
same_everywhere('after slots were used again and a concurrent REINDEX');

# A scan on the standby while VACUUM is replayed.
$primary->safe_psql('postgres', 'DELETE FROM items WHERE id % 3 = 1');
$primary->wait_for_catchup($standby);
my $reader = $standby->background_psql('postgres');
$reader->query_safe("SET enable_seqscan = off; SET enable_sort = off; BEGIN");
$reader->query_safe("DECLARE c CURSOR FOR SELECT id FROM items ORDER BY v <-> (SELECT v FROM items ORDER BY id LIMIT 1)");
$reader->query_safe('FETCH 1 FROM c');
$primary->safe_psql('postgres', "INSERT INTO items SELECT i, $sample FROM generate_series(6001, 6300) i");
$primary->wait_for_catchup($standby);
is($reader->query_safe('FETCH ALL FROM c') =~ tr/\n// + 2,
  $primary->safe_psql('postgres', 'SELECT count(*) FROM items WHERE id < 6001'), 'an open cursor on the standby sees its snapshot');
$reader->query_safe('COMMIT');
$reader->quit;
$primary->safe_psql('postgres', 'VACUUM items');
same_everywhere('after replaying VACUUM once more');

$standby->promote;
$standby->safe_psql(
  'postgres', "INSERT INTO items SELECT i, $sample FROM generate_series(7001, 7200) i;
  DELETE FROM items WHERE id % 5 = 0");
$standby->safe_psql('postgres', 'VACUUM items');
index_is_clean($standby, $_, 'after promotion') for 'items_l2', 'items_sketch';
index_is_exact($standby, 'items', 'v', '<->', 'after promotion');

done_testing();

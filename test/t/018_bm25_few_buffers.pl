# An index many times larger than shared_buffers answers right, from a small part of its pages, also where a backend's
# share of the buffers is hardly a page.

use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Ranked;
use Vecstore;

my $node = new_server('few', conf => "shared_buffers = 256kB\nmax_connections = 5\nmax_worker_processes = 0\nmax_wal_senders = 0");
my $sample = make_document('i', '10 + i % 30');
$node->safe_psql(
  'postgres', "CREATE TABLE docs (id int PRIMARY KEY, v tsvector);
  INSERT INTO docs SELECT i, $sample FROM generate_series(1, 100000) i;
  CREATE INDEX docs_v ON docs USING bm25 (v);
  INSERT INTO docs SELECT i, $sample FROM generate_series(100001, 100100) i;
  VACUUM ANALYZE docs");
my $pages = $node->safe_psql('postgres', "SELECT pg_relation_size('docs_v') / 8192");
cmp_ok($pages, '>=', 10 * 32, "the index has ten times the pages of shared_buffers ($pages)");

# Pages that the best ten of a query read into the buffers, those of their rows and of planning included.
sub pages_read
{
  my ($query) = @_;
  my $plan = $node->safe_psql(
    'postgres', "SET enable_seqscan = off; SET enable_sort = off;
    EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, COSTS OFF) SELECT id FROM docs WHERE v @@ '$query' ORDER BY v <@> '$query'::tsquery LIMIT 10");
  like($plan, qr/Index Scan using docs_v/, "$query: by the index");
  return $plan =~ /Buffers: .*?read=(\d+)/ ? $1 : 0;
}

sub few_pages
{
  my ($when) = @_;
  for my $query ('w300', 'w200 | w30 | w1000', 'w20 & w50', 'w30 <-> w30', 'w100 & !w2')
  {
    my $read = pages_read($query);
    cmp_ok($read, '<', $pages / 3, "$query: reads less than a third of the pages ($when: $read)");
  }
}

few_pages('256 kB');
ranking_is_right($node, 'docs', 'v', 'with 256 kB');
$node->append_conf('postgresql.conf', "shared_buffers = 128kB\nmax_connections = 100");
$node->restart;
few_pages('128 kB');
ranking_is_right($node, 'docs', 'v', 'with 128 kB');
$node->safe_psql('postgres', "DELETE FROM docs WHERE id % 3 = 0; VACUUM docs; SELECT vecstore.bm25_merge('docs_v')");
index_is_clean($node, 'docs_v', 'after a merge with 128 kB');

$node->stop;
done_testing();

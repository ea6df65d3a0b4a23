# A streaming standby ranks as the primary does while the primary builds, flushes, merges and vacuums bm25 indexes;
# every replayed page equals the primary's; blocks that a scan on the standby may read are not used again under it.

use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Ranked;
use Vecstore;

my $primary = new_server('primary', allows_streaming => 1, conf => "wal_consistency_checking = 'generic'");
$primary->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'base', has_streaming => 1);
$standby->append_conf('postgresql.conf', "max_standby_streaming_delay = 30s");
$standby->start;

my $sample = make_document('i', '10 + i % 30');

sub same_everywhere
{
  my ($when) = @_;
  $primary->wait_for_catchup($standby);
  subtest $when => sub {
    for my $node ($primary, $standby)
    {
      index_is_clean($node, 'docs_v', 'on ' . $node->name);
      ranking_is_right($node, 'docs', 'v', 'on ' . $node->name);
    }
    is($standby->safe_psql('postgres', "SELECT * FROM vecstore.bm25_stats('docs_v')"),
      $primary->safe_psql('postgres', "SELECT * FROM vecstore.bm25_stats('docs_v')"), 'statistics are the same');
  };
  return;
}

$primary->safe_psql(
  'postgres', "CREATE TABLE docs (id int PRIMARY KEY, v tsvector);
  INSERT INTO docs SELECT i, $sample FROM generate_series(1, 1500) i;
  CREATE INDEX docs_v ON docs USING bm25 (v)");
same_everywhere('after a build');

$primary->safe_psql('postgres', "INSERT INTO docs SELECT i, $sample FROM generate_series(2001, 6000) i");
same_everywhere('after inserts and flushes');
cmp_ok($standby->safe_psql('postgres', "SELECT segments FROM vecstore.bm25_stats('docs_v')"), '>', 2, 'there are several segments');

$primary->safe_psql('postgres', 'DELETE FROM docs WHERE id % 9 = 0');
$primary->safe_psql('postgres', 'VACUUM docs');
same_everywhere('after VACUUM');

# An open scan on the standby keeps what it reads.
my $reader = $standby->background_psql('postgres');
$reader->query_safe("SET enable_seqscan = off; SET enable_sort = off; BEGIN ISOLATION LEVEL REPEATABLE READ");
$reader->query_safe("DECLARE c CURSOR FOR SELECT id FROM docs ORDER BY v <@> 'w1 | w2'::tsquery");
my $first = $reader->query_safe('FETCH 1 FROM c');
my $expected = $primary->safe_psql('postgres', "SELECT count(*) FROM docs WHERE v @@ 'w1 | w2'");
$primary->safe_psql('postgres', "SELECT vecstore.bm25_merge('docs_v')");
$primary->safe_psql('postgres', "INSERT INTO docs SELECT i, $sample FROM generate_series(7001, 7500) i");
$primary->wait_for_catchup($standby);
is(1 + (() = $reader->query_safe('FETCH ALL FROM c') =~ /\d+/g), $expected, 'an open cursor on the standby sees its snapshot');
$reader->query_safe('COMMIT');
$reader->quit;
$primary->safe_psql('postgres', 'DELETE FROM docs WHERE id % 4 = 0');
$primary->safe_psql('postgres', 'VACUUM docs');
$primary->safe_psql('postgres', "INSERT INTO docs SELECT i, $sample FROM generate_series(8001, 12000) i");
$primary->safe_psql('postgres', 'REINDEX INDEX CONCURRENTLY docs_v');
same_everywhere('after blocks were used again and a concurrent REINDEX');

# An unlogged index is empty after a crash, and whole after a dump.
$primary->safe_psql('postgres', "CREATE UNLOGGED TABLE fleeting AS SELECT * FROM docs LIMIT 100; CREATE INDEX fleeting_v ON fleeting USING bm25 (v)");
$primary->stop('immediate');
$primary->start;
$primary->safe_psql('postgres', "INSERT INTO fleeting VALUES (1, 'w1')");
is($primary->safe_psql('postgres', "SET enable_seqscan = off; SELECT id FROM fleeting ORDER BY v <@> 'w1'::tsquery LIMIT 5"), '1', 'an unlogged index begins anew after a crash');
$primary->safe_psql('postgres', 'CREATE DATABASE restored');
$primary->run_log([ 'bash', '-c', 'pg_dump -h ' . $primary->host . ' -p ' . $primary->port . ' postgres | psql -qX -h ' . $primary->host . ' -p ' . $primary->port . ' -v ON_ERROR_STOP=1 restored > /dev/null' ]);
is($primary->safe_psql('restored', "SET enable_seqscan = off; SELECT count(*) FROM docs WHERE v @@ 'w1'"),
  $primary->safe_psql('postgres', "SELECT count(*) FROM docs WHERE v @@ 'w1'"), 'a dump restores the index');

$standby->promote;
$standby->safe_psql('postgres', "INSERT INTO docs SELECT i, $sample FROM generate_series(20001, 21000) i; DELETE FROM docs WHERE id % 5 = 0");
$standby->safe_psql('postgres', 'VACUUM docs');
index_is_clean($standby, 'docs_v', 'after promotion');
ranking_is_right($standby, 'docs', 'v', 'after promotion');

done_testing();

# A streaming standby ranks as the primary does while the primary builds, flushes, merges and vacuums bm25 indexes;
# every replayed page equals the primary's; blocks that a scan on the standby reads are not used again under it:
# replay waits for the scan, or ends it, or the primary waits where the standby tells it of its scans.

use strict;
use warnings;

use Digest::MD5 'md5_hex';
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Ranked;
use Vecstore;

my $primary = new_server('primary', allows_streaming => 1, conf => "wal_consistency_checking = 'generic'");
$primary->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'base', has_streaming => 1);
$standby->append_conf('postgresql.conf', "max_standby_streaming_delay = -1\nwal_receiver_status_interval = 1s");
$standby->start;

my $sample = make_document('i', '10 + i % 30');

sub same_everywhere
{
  my ($when, $table) = (@_, 'docs');
  $primary->wait_for_catchup($standby);
  subtest $when => sub {
    for my $node ($primary, $standby)
    {
      index_is_clean($node, "${table}_v", 'on ' . $node->name);
      ranking_is_right($node, $table, 'v', 'on ' . $node->name);
    }
    is($standby->safe_psql('postgres', "SELECT * FROM vecstore.bm25_stats('${table}_v')"),
      $primary->safe_psql('postgres', "SELECT * FROM vecstore.bm25_stats('${table}_v')"), 'statistics are the same');
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

# ---- blocks that a scan on the standby reads ----

$primary->safe_psql('postgres', 'CREATE EXTENSION pageinspect');

# A table with a segment of thousands of documents, and some documents that wait for one.
sub make_table
{
  my ($table) = @_;
  $primary->safe_psql(
    'postgres', "CREATE TABLE $table (id int PRIMARY KEY, v tsvector);
    INSERT INTO $table SELECT i, $sample FROM generate_series(1, 3000) i;
    CREATE INDEX ${table}_v ON $table USING bm25 (v);
    INSERT INTO $table SELECT i, $sample FROM generate_series(3001, 3200) i");
  $primary->wait_for_catchup($standby);
  return;
}

sub set_on_standby
{
  my ($name, $value) = @_;
  $standby->append_conf('postgresql.conf', "$name = $value");
  $standby->reload;
  $standby->poll_query_until('postgres', "SELECT current_setting('$name') = '$value'");
  return;
}

# So many rows, and in this order.
sub digest
{
  my @ids = split ' ', shift;
  return @ids . ' rows, ' . md5_hex("@ids");
}

# A session of the standby with two scans that have read a part.  The first goes on in batches; the second looks for
# rows that score 0 in segments and lanes when it has returned the others.
sub open_scans
{
  my ($table) = @_;
  my %scans = (
    ranked => "FROM $table WHERE v @@ 'w3 | w4' ORDER BY v <@> 'w3 | w4'::tsquery",
    rest => "FROM $table WHERE v @@ '!w9' ORDER BY v <@> 'w20'::tsquery");
  my $reader = { session => $standby->background_psql('postgres', on_error_stop => 0) };
  my $session = $reader->{session};
  $session->query_safe('BEGIN ISOLATION LEVEL REPEATABLE READ; SET enable_indexscan = off; SET enable_bitmapscan = off');
  $reader->{expected}{$_} = $session->query_safe("SELECT id $scans{$_}, ctid") for keys %scans;
  $session->query_safe('SET enable_indexscan = on; SET enable_seqscan = off; SET enable_sort = off');
  for (sort keys %scans)
  {
    like($session->query_safe("EXPLAIN (COSTS OFF) SELECT id $scans{$_}"), qr/Index Scan using ${table}_v.*Order By/s, "$_: a scan of the index");
    $session->query_safe("DECLARE $_ CURSOR FOR SELECT id $scans{$_}");
    $reader->{first}{$_} = $session->query_safe("FETCH 1 FROM $_");
  }
  $reader->{pid} = $session->query_safe('SELECT pg_backend_pid()');
  return $reader;
}

sub scans_are_right
{
  my ($reader, $when) = @_;
  for (sort keys %{ $reader->{first} })
  {
    my ($expected, $found) = ($reader->{expected}{$_}, $reader->{session}->query("FETCH ALL FROM $_"));
    cmp_ok($expected =~ tr/\n//, '>', 1000, "$_: it takes several batches");
    is(digest("$reader->{first}{$_} $found"), digest($expected), "$_: the rows of its snapshot $when");
    is($reader->{session}{stderr}, '', "$_: no error $when");
    $reader->{session}{stderr} = '';
  }
  $reader->{session}->query('COMMIT');
  return;
}

# Pages of segments: where, and of which.
sub segment_pages
{
  my ($table) = @_;
  return split /\n/, $primary->safe_psql(
    'postgres', "SELECT block || ' ' || encode(substr(page, 8189), 'hex')
    FROM (SELECT block, get_raw_page('${table}_v', block) AS page FROM generate_series(0, pg_relation_size('${table}_v') / 8192 - 1) block) s
    WHERE get_byte(page, 8184) = 6");
}

# Another segment takes the place of those that the scans read, and many inserts, in a transaction that comes later,
# need blocks.  How many pages of segments there were before, and how many of them are as they were.
sub write_over
{
  my ($table, $first) = @_;
  my @before = segment_pages($table);
  $primary->safe_psql('postgres', "SELECT vecstore.bm25_merge('${table}_v')");
  $primary->safe_psql('postgres', 'SELECT txid_current()') for 1 .. 3;
  $primary->safe_psql('postgres', "INSERT INTO $table SELECT i, $sample FROM generate_series($first, $first + 2999) i");
  my %after = map { $_ => 1 } segment_pages($table);
  return (scalar @before, scalar grep { $after{$_} } @before);
}

sub end_with
{
  my ($reader, $table, $when) = @_;
  $reader->{session}->quit if $reader;
  same_everywhere($when, $table);
  $primary->safe_psql('postgres', "DROP TABLE $table");
  return;
}

my $conflicts = "SELECT confl_snapshot FROM pg_stat_database_conflicts WHERE datname = 'postgres'";

# Replay waits for the scans.
make_table('waiting');
my $reader = open_scans('waiting');
my ($pages, $left) = write_over('waiting', 10001);
is($left, 0, "all $pages pages that the scans read are used again on the primary");
my $end = $primary->lsn('flush');
my $replayed = "SELECT pg_last_wal_replay_lsn() >= '$end'";
$standby->poll_query_until('postgres', "SELECT ($replayed) OR EXISTS (SELECT FROM pg_stat_activity WHERE wait_event = 'RecoveryConflictSnapshot')");
is($standby->safe_psql('postgres', $replayed), 'f', 'but replay waits for the scans');
scans_are_right($reader, 'while replay waits');
end_with($reader, 'waiting', 'after replay waited for scans');
is($standby->safe_psql('postgres', $conflicts), 0, 'nothing was cancelled');

# Replay does not wait: it ends the scans.
make_table('cancelled');
set_on_standby('max_standby_streaming_delay', 0);
$reader = open_scans('cancelled');
($pages, $left) = write_over('cancelled', 10001);
is($left, 0, "all $pages pages that the scans read are used again on the primary");
$primary->wait_for_catchup($standby);
my $found = eval { $reader->{session}->query('FETCH ALL FROM ranked') } // $reader->{session}{stdout};
is($found, '', 'the scan returns no more rows');
like($reader->{session}{stderr}, qr/terminating connection due to conflict with recovery/, 'it says why');
eval { $reader->{session}->quit };
$standby->poll_query_until('postgres', "SELECT NOT EXISTS (SELECT FROM pg_stat_activity WHERE pid = $reader->{pid})");
is($standby->safe_psql('postgres', $conflicts), 1, 'it was a conflict with the snapshot');
end_with(undef, 'cancelled', 'after replay ended scans');

# The primary knows of the scans, and waits: no conflict.
make_table('feedback');
set_on_standby('hot_standby_feedback', 'on');
$reader = open_scans('feedback');
my $xmin = $standby->safe_psql('postgres', "SELECT backend_xmin FROM pg_stat_activity WHERE pid = $reader->{pid}");
$primary->poll_query_until('postgres', "SELECT backend_xmin = '$xmin'::xid FROM pg_stat_replication");
($pages, $left) = write_over('feedback', 10001);
is($left, $pages, "none of $pages pages that the scans read is used again on the primary");
$primary->wait_for_catchup($standby);
scans_are_right($reader, 'when replay has caught up');
$primary->poll_query_until('postgres', "SELECT backend_xmin IS DISTINCT FROM '$xmin'::xid FROM pg_stat_replication");
($pages, $left) = write_over('feedback', 20001);
cmp_ok($left, '<', $pages, 'pages are used again when the scans have ended');
end_with($reader, 'feedback', 'after the primary waited for scans');
is($standby->safe_psql('postgres', $conflicts), 1, 'nothing more was cancelled');
set_on_standby('hot_standby_feedback', 'off');
set_on_standby('max_standby_streaming_delay', -1);

# ---- what else there is ----

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

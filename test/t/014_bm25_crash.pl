# Kill the server with SIGKILL while documents come, change and go, runs are flushed, segments merged and vacuumed, and
# indexes made and rebuilt.  After each recovery no bm25 index has a problem, and it answers as the table does.

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
  CREATE INDEX docs_v ON docs USING bm25 (v);
  CREATE INDEX docs_made ON docs USING bm25 (setweight(v, 'A'))");

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
append_to_file("$dir/merge.sql", "SELECT vecstore.bm25_merge('docs_v');\n");
# Both keep writers away, so there are pauses.
append_to_file("$dir/create.sql", "\\sleep 50 ms
BEGIN;
DROP INDEX docs_made;
CREATE INDEX docs_made ON docs USING bm25 (setweight(v, 'A'));
COMMIT;\n");
append_to_file("$dir/reindex.sql", "\\sleep 50 ms
REINDEX INDEX docs_made;\n");

# Clients that run scripts, each as often as the number behind it says.
sub start_load
{
  my ($clients, $seed, @scripts) = @_;
  return IPC::Run::start(
    [ 'pgbench', '--no-vacuum', "--client=$clients", '--time=600', '--host', $node->host, '--port', $node->port, '--random-seed', $seed,
      (map { ("--file=$dir/" . $_->[0] . '.sql@' . $_->[1]) } @scripts), 'postgres' ],
    '>', '/dev/null', '2>', '/dev/null');
}

# The server dies while this runs.
my @moments = (
  'SELECT true',
  "SELECT FROM pg_stat_progress_create_index WHERE command = 'CREATE INDEX' AND phase ~ 'building'",
  "SELECT FROM pg_stat_progress_create_index WHERE command = 'REINDEX' AND phase ~ 'building'",
  "SELECT FROM pg_stat_activity WHERE state = 'active' AND query ~ '^SELECT vecstore.bm25_merge' AND wait_event_type IS DISTINCT FROM 'Lock'");

# In one session: to start another for each look takes longer than what is waited for.
sub wait_for_moment
{
  my ($moment) = @_;
  $node->safe_psql(
    'postgres', "DO \$\$ BEGIN
      FOR i IN 1 .. 20000 LOOP
        COMMIT;
        IF EXISTS ($moment) THEN RETURN; END IF;
        PERFORM pg_sleep(0.001);
      END LOOP;
      RAISE 'it does not come';
    END \$\$");
  return;
}

for my $round (1 .. ROUNDS)
{
  my $before = $node->safe_psql('postgres', 'SELECT last_value FROM next_id');
  my @load = (
    start_load(4, $round, [ 'insert', 40 ], [ 'long', 2 ], [ 'update', 20 ], [ 'delete', 30 ], [ 'search', 10 ], [ 'vacuum', 2 ], [ 'merge', 1 ]),
    start_load(1, $round, [ 'create', 1 ], [ 'reindex', 1 ]));
  my $target = $before + 1500 + 137 * $round % 700;
  $node->poll_query_until('postgres', "SELECT last_value > $target FROM next_id") or die 'the load makes no progress';
  wait_for_moment($moments[$round % @moments]);
  kill_everything($node);
  $_->finish for @load;
  # Builds are logged from now on, or they are not and the file is synced.
  $node->append_conf('postgresql.conf', 'wal_level = ' . ($round % 2 ? 'replica' : 'minimal'));
  $node->start;

  subtest "round $round" => sub {
    cmp_ok($node->safe_psql('postgres', 'SELECT count(*) FROM docs'), '>', 500, 'rows are left');
    index_is_clean($node, $_, 'after recovery') for 'docs_v', 'docs_made';
    ranking_is_right($node, 'docs', 'v', 'after recovery');
  };
}

cmp_ok($node->safe_psql('postgres', "SELECT segments FROM vecstore.bm25_stats('docs_v')"), '>', 0, 'there are segments');
$node->safe_psql('postgres', 'VACUUM docs');
index_is_clean($node, 'docs_v', 'after the last VACUUM');
is($node->safe_psql('postgres', "SELECT * FROM vecstore.check_index('docs_v')"), '', 'no block is lost after VACUUM');
ranking_is_right($node, 'docs', $_, 'after the last VACUUM') for 'v', "setweight(v, 'A')";
my $used = "SELECT bytes FROM vecstore.bm25_stats('docs_v')";
my $bytes = $node->safe_psql('postgres', $used);
$node->safe_psql('postgres', 'REINDEX INDEX docs_v');
my $fresh = $node->safe_psql('postgres', $used);
cmp_ok($bytes, '<', 20 * $fresh, "blocks are used again: $bytes bytes, a new index has $fresh");

done_testing();

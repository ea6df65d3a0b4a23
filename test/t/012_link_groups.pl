# Inserts write the links to a new node on up to four pages at once.  Clients that insert near the same nodes, in opposite
# order and beside VACUUM, wait for nothing but each other's moments; a standby whose scans meet those records replays them;
# and a kill in between leaves a sound index.

use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Vecstore;

use constant { ROUNDS => 3, ROWS => 150, LIMIT => 300 };

my $primary = new_server('groups', allows_streaming => 1, conf => "fsync = off\nwal_keep_size = 512MB\nwal_consistency_checking = 'generic'");
$primary->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('reader');
$standby->init_from_backup($primary, 'base', has_streaming => 1);
$standby->append_conf('postgresql.conf', 'max_standby_streaming_delay = -1');
$standby->start;
my $dir = $primary->basedir;
my $scripts = 0;

# Vector key, moved a little by the client, so that all clients link to the same nodes.
$primary->safe_psql(
  'postgres', "CREATE TABLE items (id bigserial PRIMARY KEY, v vector(100));
  CREATE INDEX items_l2 ON items USING hnsw (v vector_l2_ops);
  CREATE INDEX items_sketch ON items USING hnsw (v vector_cosine_ops) WITH (storage = sketch);
  CREATE FUNCTION sample(key int, client int) RETURNS vector LANGUAGE sql AS
    'SELECT array_agg(x + client ORDER BY n)::vector FROM unnest(${\make_vectors('key', 100) =~ s/'/''/gr}) WITH ORDINALITY u (x, n)';
  CREATE PROCEDURE fill(first int, last int, client int) LANGUAGE plpgsql AS
    'DECLARE i int := first;
     BEGIN
       LOOP
         INSERT INTO items (v) VALUES (sample(i, client));
         COMMIT;
         EXIT WHEN i = last;
         i := i + sign(last - first);
       END LOOP;
     END'");

# background(NODE, SCRIPT, CLIENTS, TRANSACTIONS) - a running pgbench, which fails when it takes longer than LIMIT seconds.
sub background
{
  my ($node, $script, $clients, $transactions) = @_;
  my $file = "$dir/script" . ++$scripts . '.sql';
  append_to_file($file, $script);
  return IPC::Run::start(
    [ 'pgbench', '--no-vacuum', "--client=$clients", "--transactions=$transactions", '--host', $node->host, '--port', $node->port,
      "--file=$file", 'postgres' ],
    '>', '/dev/null', '2>', '/dev/null', IPC::Run::timeout(LIMIT));
}

for my $round (1 .. ROUNDS)
{
  my ($first, $last) = (1000 * $round, 1000 * $round + ROWS - 1);
  my @work = (
    background($primary, "CALL fill($first, $last, 2 * :client_id);\n", 2, 1),
    background($primary, "CALL fill($last, $first, 2 * :client_id + 1);\n", 2, 1),
    background($primary, "DELETE FROM items WHERE id % 5 = $round;\nVACUUM items;\n", 1, 10),
    background($standby, "SET enable_seqscan = off;\nSELECT count(*) FROM (SELECT FROM items ORDER BY v <-> sample($first, 0) LIMIT 200) s;\n", 2, 100));
  ok($_->finish, "round $round: clients get through") for @work;
  $primary->wait_for_catchup($standby);
  for my $node ($primary, $standby)
  {
    index_is_clean($node, $_, "on " . $node->name . " in round $round") for 'items_l2', 'items_sketch';
    index_is_exact($node, 'items', 'v', $_, "on " . $node->name . " in round $round") for '<->', '<=>';
  }
}

# Killed while groups are written.
my $before = $primary->safe_psql('postgres', 'SELECT max(id) FROM items');
my $load = background($primary, "CALL fill(:client_id * 1000, :client_id * 1000 + 100000, 7);\n", 4, 1);
$primary->poll_query_until('postgres', "SELECT max(id) > $before + 200 FROM items") or die 'the load makes no progress';
kill_everything($primary);
$load->finish;
$primary->start;
index_is_clean($primary, $_, 'after recovery') for 'items_l2', 'items_sketch';
index_is_exact($primary, 'items', 'v', '<->', 'after recovery');
$primary->wait_for_catchup($standby);
index_is_clean($standby, $_, 'on the standby after recovery') for 'items_l2', 'items_sketch';

done_testing();

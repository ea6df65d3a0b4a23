# Searches while other clients insert, update, delete, merge and vacuum, and one rebuilds the index: what is there all the
# time is found all the time.  VECSTORE_STRESS_SECONDS makes it last longer.

use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Ranked;
use Vecstore;

my $seconds = $ENV{VECSTORE_STRESS_SECONDS} // 6;
my $node = new_server('busy', conf => 'shared_buffers = 2MB');
my $sample = make_document('i', '10 + i % 30');
$node->safe_psql(
  'postgres', "CREATE TABLE docs (id int PRIMARY KEY, v tsvector);
  CREATE SEQUENCE written START 1000000;
  CREATE TABLE wrong (what text, n int);
  INSERT INTO docs SELECT i, (${sample}::text || ' ''steady'':1 ''pair'':2')::tsvector FROM generate_series(1, 2000) i;
  CREATE INDEX docs_v ON docs USING bm25 (v)");

# Rows below 1000000 stay: every search must find all of them, each once.
my $check = sub {
  my ($name, $sql) = @_;
  return "SET enable_seqscan = off; SET enable_sort = off;\nINSERT INTO wrong SELECT '$name', n FROM (SELECT count(*) AS n FROM ($sql) s WHERE id < 1000000) x WHERE n <> 2000;\n";
};
append_to_file($node->basedir . '/rebuild.sql', "REINDEX INDEX CONCURRENTLY docs_v;\n");
my $rebuilt = '';
my $rebuild = IPC::Run::start(
  [ 'pgbench', '-n', "--time=$seconds", '--host', $node->host, '--port', $node->port, '--file=' . $node->basedir . '/rebuild.sql', 'postgres' ],
  '>', \$rebuilt, '2>&1');
$node->pgbench(
  "-n -c 4 -T $seconds", 0, [qr/processed/], [qr/^$/],
  'clients search, write, merge and vacuum',
  {
    '016_ranked@20' => $check->('ranked', "SELECT id FROM docs ORDER BY v <@> 'steady'::tsquery"),
    '016_phrase@10' => $check->('phrase', "SELECT id FROM docs WHERE v @@ 'steady <-> pair' ORDER BY v <@> 'steady <-> pair'::tsquery"),
    '016_plain@10' => $check->('plain', "SELECT id FROM docs WHERE v @@ 'steady'"),
    # the index is not checked against the table: a row that took the place of a deleted one must not be found in its stead
    '016_stray@15' => "SET enable_seqscan = off;\nINSERT INTO wrong SELECT 'stray', n FROM (SELECT count(*) AS n FROM (SELECT v FROM docs WHERE v @@ 'w1 | w2' OFFSET 0) s WHERE NOT v @@ 'w1 | w2') x WHERE n > 0;\n",
    '016_check@2' => "INSERT INTO wrong SELECT location || ': ' || problem, 0 FROM vecstore.check_index('docs_v') WHERE severity = 'error';\n",
    '016_insert@40' => "INSERT INTO docs SELECT i, $sample FROM (SELECT nextval('written') AS i FROM generate_series(1, 40)) s;\n",
    '016_delete@15' => "DELETE FROM docs WHERE id IN (SELECT id FROM docs WHERE id >= 1000000 ORDER BY random() LIMIT 60 FOR UPDATE SKIP LOCKED);\n",
    '016_update@10' => "\\set key random(1, 1000000)\nUPDATE docs SET v = (SELECT $sample FROM (SELECT :key AS i) s) WHERE id IN (SELECT id FROM docs WHERE id >= 1000000 ORDER BY random() LIMIT 10 FOR UPDATE SKIP LOCKED);\n",
    '016_vacuum@3' => "VACUUM docs;\n",
    # The index of that name is not dropped before it is merged.
    '016_merge@2' => "BEGIN;\nLOCK TABLE docs IN ACCESS SHARE MODE;\nSELECT vecstore.bm25_merge('docs_v');\nCOMMIT;\n",
  });
ok($rebuild->finish, 'another one rebuilds the index');
like($rebuilt, qr/processed: [1-9].*failed transactions: 0 /s, 'again and again');

is($node->safe_psql('postgres', 'SELECT what, n, count(*) FROM wrong GROUP BY 1, 2'), '', 'every search found every row that stayed');
index_is_clean($node, 'docs_v', 'afterwards');
ranking_is_right($node, 'docs', 'v', 'afterwards');
cmp_ok($node->safe_psql('postgres', "SELECT last_value FROM written"), '>', 1001000, 'documents were inserted meanwhile');

$node->stop;
done_testing();

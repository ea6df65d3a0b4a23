# Documents come and VACUUM never does: the list of segments fills up, inserts keep merging the smallest of them, and all
# documents are found.  Then VACUUM merges what it should have merged all the time.

use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Vecstore;

my $node = new_server('main', conf => "fsync = off\nautovacuum = off\nshared_buffers = 256MB");
$node->safe_psql(
  'postgres', "CREATE TABLE docs (id int, v tsvector);
  CREATE INDEX docs_v ON docs USING bm25 (v);
  CREATE FUNCTION add_documents(int, int) RETURNS void LANGUAGE sql AS \$\$
    INSERT INTO docs SELECT i, array_to_tsvector(ARRAY(SELECT md5(i || '-' || j) FROM generate_series(1, 60) j) || ARRAY['all', 'w' || i % 10])
    FROM generate_series(\$1, \$2) i
  \$\$");
my $segments = sub { return $node->safe_psql('postgres', "SELECT segments FROM vecstore.bm25_stats('docs_v')") };
my $everything_is_found = sub {
  my ($when, $documents) = @_;
  index_is_clean($node, 'docs_v', $when);
  is($node->safe_psql('postgres', "SET enable_seqscan = off; SELECT count(*) FROM docs WHERE v \@\@ 'all'"), $documents, "all documents match $when");
  is($node->safe_psql('postgres', "SET enable_seqscan = off; SELECT count(*) FROM generate_series(1, $documents, 5000) i
      WHERE (SELECT id FROM docs WHERE v \@\@ md5(i || '-7')::tsquery ORDER BY v <\@> md5(i || '-7')::tsquery LIMIT 1) = i"),
    int(($documents + 4999) / 5000), "single documents are found $when");
};

$node->safe_psql('postgres', 'SELECT add_documents(1, 50000)');
my $half = $segments->();
cmp_ok($half, '>', 40, 'inserts leave segments that are too large for them to merge');
$node->safe_psql('postgres', 'SELECT add_documents(50001, 130000)');
my $full = $segments->();
cmp_ok($full, '>', 80, 'the list of segments is nearly full');
cmp_ok($full, '<=', 100, 'but not too full');
$everything_is_found->('without VACUUM', 130000);
$node->safe_psql('postgres', 'VACUUM docs');
cmp_ok($segments->(), '<', 20, 'VACUUM merges them');
$everything_is_found->('after VACUUM', 130000);

$node->stop;
done_testing();

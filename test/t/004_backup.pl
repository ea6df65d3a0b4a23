# pg_dump and pg_restore, and pg_basebackup: tables, options and answers come back.

use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Vecstore;

my $node = new_server('main', allows_streaming => 1);
$node->safe_psql(
  'postgres', "CREATE TABLE items (id int PRIMARY KEY, v vector(12), h halfvec(12), more vector(3)[]);
  INSERT INTO items SELECT i, ${\make_vectors('i', 12)}, ${\make_vectors('i', 12)}, ARRAY['[1,2,3]', '[4,5,6]']::vector[]
    FROM generate_series(1, 600) i;
  INSERT INTO items VALUES (601, NULL, NULL, NULL);
  CREATE INDEX items_l2 ON items USING hnsw (v vector_l2_ops) WITH (m = 12, ef_construction = 48, ef_search = 77);
  CREATE INDEX items_half ON items USING hnsw (h halfvec_cosine_ops) WHERE id < 500;
  CREATE INDEX items_expr ON items USING hnsw ((v::halfvec(12)) halfvec_l1_ops);
  DELETE FROM items WHERE id % 9 = 0");
my $definitions = q{SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'items' ORDER BY 1};
my $content = q{SELECT md5(string_agg(items::text, ',' ORDER BY id)) FROM items};

# Dumped as an archive, restored into another database.
my $dump = $node->basedir . '/items.dump';
$node->command_ok([ 'pg_dump', '--format=custom', "--file=$dump", 'postgres' ], 'pg_dump');
$node->safe_psql('postgres', 'CREATE DATABASE restored');
$node->command_ok([ 'pg_restore', '--exit-on-error', '--dbname=restored', $dump ], 'pg_restore');
is($node->safe_psql('restored', $definitions), $node->safe_psql('postgres', $definitions), 'indexes are defined alike');
is($node->safe_psql('restored', $content), $node->safe_psql('postgres', $content), 'rows are the same');
is($node->safe_psql('restored', "SELECT * FROM vecstore.check_index('items_l2') WHERE severity = 'error'"), '', 'the restored index has no problems');

# Dumped as text, the extension's own objects are not in it.
my ($text) = run_command([ 'pg_dump', '--schema-only', '--port', $node->port, '--host', $node->host, 'postgres' ]);
like($text, qr/CREATE EXTENSION IF NOT EXISTS vecstore/, 'a dump creates the extension');
unlike($text, qr/CREATE (TYPE|FUNCTION|OPERATOR|ACCESS METHOD)/, 'a dump has none of its members');

# A physical copy.
$node->backup('base');
my $copy = PostgreSQL::Test::Cluster->new('copy');
$copy->init_from_backup($node, 'base');
$copy->start;
index_is_clean($copy, $_, 'in a base backup') for 'items_l2', 'items_half', 'items_expr';
index_is_exact($copy, 'items', 'v', '<->', 'in a base backup');
$copy->safe_psql('postgres', 'INSERT INTO items SELECT id + 1000, v, h, more FROM items');
index_is_clean($copy, $_, 'after inserts into the copy') for 'items_l2', 'items_half', 'items_expr';

# Dropping the extension takes its indexes and columns along, and nothing else; it can be created again.
$node->safe_psql('restored', 'DROP EXTENSION vecstore CASCADE');
is($node->safe_psql('restored', q{SELECT string_agg(column_name, ',') FROM information_schema.columns WHERE table_name = 'items'}),
  'id', 'DROP EXTENSION CASCADE removes the columns of its types');
$node->safe_psql('restored', 'CREATE EXTENSION vecstore');
$node->safe_psql('restored', 'CREATE TABLE again (v vector(2)); CREATE INDEX ON again USING hnsw (v vector_l2_ops)');

done_testing();

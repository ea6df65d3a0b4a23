# Tokenizers beyond one database: lexemes depend on no locale, other encodings than UTF-8 have their rules, and dumps bring
# back what users made of them.

use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Vecstore;

my $node = new_server('main');

sub make_database
{
  my ($name, $encoding, $ctype) = @_;
  $node->safe_psql('postgres', "CREATE DATABASE $name TEMPLATE template0 ENCODING '$encoding' LC_COLLATE 'C' LC_CTYPE '$ctype'");
  $node->safe_psql($name, 'CREATE EXTENSION vecstore');
  return;
}

# Every query is ASCII: characters beyond are made by chr() or by escapes.
sub is_true
{
  my ($database, $condition, $what) = @_;
  local $Test::Builder::Level = $Test::Builder::Level + 1;
  is($node->safe_psql($database, "SELECT coalesce($condition, false)"), 't', "$database: $what");
  return;
}

# Every letter of the first two planes with case, through every configuration.
make_database('ctype_c', 'UTF8', 'C');
make_database('ctype_utf8', 'UTF8', 'C.UTF-8');
my $everything = q{WITH texts AS MATERIALIZED (
    SELECT i / 4096 AS part, string_agg(chr(i) || CASE WHEN i % 5 = 0 THEN ' ' ELSE '' END, '' ORDER BY i) AS t
    FROM generate_series(33, 131071) i WHERE i NOT BETWEEN 55296 AND 57343 GROUP BY 1)
  SELECT c.cfgname, md5(string_agg(to_tsvector(c.oid, t)::text, ',' ORDER BY part)) FROM pg_ts_config c, texts
  WHERE c.cfgnamespace = 'vecstore'::regnamespace GROUP BY 1 ORDER BY 1};
my $lexemes = $node->safe_psql('ctype_c', $everything);
is($node->safe_psql('ctype_utf8', $everything), $lexemes, 'lexemes do not depend on LC_CTYPE');
cmp_ok(scalar(split /\n/, $lexemes), '>', 30, 'all configurations were asked');
is_true($_, q{to_tsvector('vecstore.simple', chr(201) || 'T' || chr(201)) = to_tsvector('vecstore.simple', chr(233) || 't' || chr(233))}, 'case beyond ASCII')
  for 'ctype_c', 'ctype_utf8';

# One byte a character: beyond ASCII letters without case, no white space, no punctuation.
for ([ 'latin1', 'LATIN1' ], [ 'ascii', 'SQL_ASCII' ])
{
  my ($database, $encoding) = @$_;
  my $byte = sub { sprintf q{E'\x%x'}, $_[0] };
  local $ENV{PGCLIENTENCODING} = $encoding;
  make_database($database, $encoding, 'C');
  is_true($database, qq{tsvector_to_array(to_tsvector('vecstore.words', 'CAF' || ${\$byte->(0xe9)} || ', X' || ${\$byte->(0xa0)} || 'Y')) = ARRAY['caf' || ${\$byte->(0xe9)}, 'x' || ${\$byte->(0xa0)} || 'y']},
    'bytes beyond ASCII are letters');
  is_true($database, qq{to_tsvector('vecstore.simple', ${\$byte->(0xc9)}) <> to_tsvector('vecstore.simple', ${\$byte->(0xe9)})}, 'and have no case');
  is_true($database, qq{length(to_tsvector('vecstore.ngram2', 'a' || ${\$byte->(0xe9)} || ${\$byte->(0xe8)} || 'b')) = 3}, 'n-grams count bytes');
  is_true($database, q{to_tsvector('vecstore.english', 'The Running Dogs 7') = '''7'':4 ''dog'':3 ''run'':2'}, 'English is stemmed');
  is_true($database, qq{ts_headline('vecstore.ngram3', 'xx' || ${\$byte->(0xe9)} || 'ABC', phraseto_tsquery('vecstore.ngram3', 'abc')) = 'xx' || ${\$byte->(0xe9)} || '<b>ABC</b>'}, 'headlines');
}

# Several bytes a character.
{
  local $ENV{PGCLIENTENCODING} = 'EUC_JP';
  make_database('japanese', 'EUC_JP', 'C');
  my $a = q{E'\xa4\xa2'};
  my $i = q{E'\xa4\xa4'};
  is_true('japanese', qq{tsvector_to_array(to_tsvector('vecstore.simple', 'AB ' || $a || $i || $a || '.')) = ARRAY['ab', $a || $i || $a]}, 'characters beyond ASCII are letters');
  is_true('japanese', qq{tsvector_to_array(to_tsvector('vecstore.ngram2', $a || $i || 'X')) = ARRAY[$a || $i, $i || 'x']}, 'n-grams count characters');
  is_true('japanese', qq{ts_headline('vecstore.ngram2', $a || $i || $i, phraseto_tsquery('vecstore.ngram2', $i || $i)) = $a || '<b>' || $i || $i || '</b>'}, 'headlines');
}

# What users made of the templates is in a dump, what the extension made is not.
$node->safe_psql(
  'postgres', q{CREATE TEXT SEARCH DICTIONARY grams (TEMPLATE = vecstore.ngram, min = 2, max = 4);
  CREATE TEXT SEARCH CONFIGURATION inside (PARSER = vecstore.simple);
  ALTER TEXT SEARCH CONFIGURATION inside ADD MAPPING FOR word, number, cjk WITH grams;
  CREATE TABLE docs (id int, body text, tsv tsvector GENERATED ALWAYS AS (to_tsvector('vecstore.english', body)) STORED);
  INSERT INTO docs SELECT i, 'Running text ' || i FROM generate_series(1, 50) i;
  CREATE INDEX docs_tsv ON docs USING gin (tsv);
  CREATE INDEX docs_inside ON docs USING gin (to_tsvector('inside', body))});
my $dump = $node->basedir . '/docs.sql';
$node->command_ok([ 'pg_dump', "--file=$dump", 'postgres' ], 'pg_dump');
$node->safe_psql('postgres', 'CREATE DATABASE restored');
$node->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', 'restored', '-f', $dump ], 'the dump is restored');
unlike(slurp_file($dump), qr/CREATE TEXT SEARCH \w+ vecstore\./, 'a dump has none of the members of the extension');
my $content = q{SELECT md5(string_agg(docs::text || to_tsvector('inside', body), ',' ORDER BY id)) FROM docs};
is($node->safe_psql('restored', $content), $node->safe_psql('postgres', $content), 'rows and lexemes are the same');
is($node->safe_psql('restored', q{SELECT id FROM docs WHERE to_tsvector('inside', body) @@ plainto_tsquery('inside', 'nni') AND tsv @@ '50'}), '50', 'indexes answer');

# Without the extension nothing of it is left.
$node->safe_psql('latin1', 'DROP EXTENSION vecstore');
is($node->safe_psql('latin1', q{SELECT count(*) FROM pg_namespace WHERE nspname = 'vecstore'}), '0', 'DROP EXTENSION removes it all');

# An owner of a database who is no superuser installs a trusted extension.
$node->safe_psql('postgres', 'CREATE ROLE owner LOGIN; CREATE DATABASE owned OWNER owner');
$node->safe_psql('owned', 'CREATE EXTENSION vecstore', extra_params => [ '-U', 'owner' ]);
is($node->safe_psql('owned', q{SELECT to_tsvector('vecstore.english', 'Dogs')}, extra_params => [ '-U', 'owner' ]), q{'dog':1}, 'a role without privileges uses the configurations');

done_testing();

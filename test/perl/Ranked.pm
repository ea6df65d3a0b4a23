# Ranked.pm - what the TAP tests of bm25 indexes share: documents, and whether an index answers as its table does.
package Ranked;

use strict;
use warnings;

use Exporter 'import';
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

our @EXPORT = qw(make_document ranking_is_right);

# SQL for a tsvector of `length` words that depend on the integer expression key only; word number w is in
# about one document of w.
sub make_document
{
  my ($key, $length) = @_;
  return "(SELECT to_tsvector('simple', string_agg('w' || (1e6 / (1 + abs(hashint8extended(($key)::bigint * 1000 + j, 0)) % 1000000))::int, ' ')) FROM generate_series(1, $length) j)";
}

# Rows and scores of some queries are the same with and without the index.
sub ranking_is_right
{
  my ($node, $table, $column, $when) = @_;
  local $Test::Builder::Level = $Test::Builder::Level + 1;
  my @by_index = map { answers($node, $table, $column, 'SET enable_seqscan = off; SET enable_sort = off;', $_) } queries();
  my @by_table = map { answers($node, $table, $column, 'SET enable_indexscan = off; SET enable_bitmapscan = off;', $_) } queries();
  is("@by_index", "@by_table", "$table.$column: matches and scores $when");
  return;
}

sub queries
{
  return ('w1', 'w1 | w2 | w30', 'w1 & w2', 'w1 <-> w1', '!w1 & w2', 'w1:* & w25', 'w2 | (w3 <-> w1)');
}

sub answers
{
  my ($node, $table, $column, $settings, $query) = @_;
  return $node->safe_psql(
    'postgres', "$settings BEGIN ISOLATION LEVEL REPEATABLE READ;
    SELECT count(*), md5(string_agg(id::text, ' ' ORDER BY id)) FROM $table WHERE $column @@ '$query';
    SELECT count(*), md5(string_agg(id || ':' || s, ' ')) FROM (SELECT id, s FROM (SELECT id, $column <@> '$query'::tsquery AS s FROM $table
      WHERE $column @@ '$query' ORDER BY $column <@> '$query'::tsquery LIMIT 1000000) x ORDER BY s, id) y;
    COMMIT");
}

1;

# Recall.pm - recall of the presets on real images, through the life of an index: built, filled, churned.
#
# The quick and the slow recall test differ only in rows and columns.
package Recall;

use strict;
use warnings;

use Exporter 'import';
use PostgreSQL::Test::Cluster;
use Test::More;
use Vecstore;

our @EXPORT = qw(recall_through_life);

# What each preset promises of ten rows.  The promise is measured on rows of the table; with inner products of
# vectors of unequal length, new queries find other rows than these do, and get somewhat less.
my %promise = (fast => 0.90, balanced => 0.95, high_recall => 0.99, max => 0.995);
my %promise_of_ip = (fast => 0.80, balanced => 0.85, high_recall => 0.93, max => 0.96);

# The images nobody inserts are the queries.
use constant QUERIES => 100;

# recall_through_life(rows => N, indexes => [ [column, operator class, operator], ... ])
sub recall_through_life
{
  my (%test) = @_;
  my ($rows, @indexes) = ($test{rows}, @{ $test{indexes} });
  my $node = new_server('main', conf => "maintenance_work_mem = 256MB\nshared_buffers = 256MB\nfsync = off");
  my $columns = 'id int PRIMARY KEY, v vector(784), h halfvec(784) GENERATED ALWAYS AS (v) STORED';
  $node->safe_psql('postgres', "CREATE TABLE $_ ($columns)") for 'items', 'queries', 'reserve';
  copy_fashion_mnist($node, 'queries (id, v)', 0, QUERIES);
  copy_fashion_mnist($node, 'reserve (id, v)', QUERIES, $rows);
  my $create = sub { $node->safe_psql('postgres', "CREATE INDEX items_$_->[1] ON items USING hnsw ($_->[0] $_->[1])") for @indexes };
  my $phase = sub {
    my ($when) = @_;
    for (@indexes)
    {
      my ($column, $class, $operator) = @$_;
      my $floors = $operator eq '<#>' ? \%promise_of_ip : \%promise;
      index_is_clean($node, "items_$class", $when);
      remember_truth($node, 'items', $column, $operator);
      recall_at_least($node, 'items', $column, $operator, "SET vecstore.search_preset = $_;", $floors->{$_}, "with preset $_ $when")
        for sort keys %$floors;
    }
  };

  $node->safe_psql('postgres', "INSERT INTO items (id, v) SELECT id, v FROM reserve WHERE id % 2 = 0");
  $create->();
  $phase->('after a build');

  $node->safe_psql('postgres', "INSERT INTO items (id, v) SELECT id, v FROM reserve WHERE id % 2 = 1");
  $phase->('after as many inserts');

  $node->safe_psql('postgres', 'DELETE FROM items WHERE id % 5 = 0');
  $node->safe_psql('postgres', 'VACUUM items');
  $phase->('after a fifth was deleted and vacuumed');

  $node->safe_psql('postgres', "INSERT INTO items (id, v) SELECT id, v FROM reserve WHERE id % 5 = 0");
  $phase->('after it was inserted again');
  return;
}

1;

# Recall floors on real images for both types and all four metrics.

use strict;
use warnings;

use Recall;
use Test::More;

recall_through_life(
  rows => 10000,
  indexes => [
    map { my $type = $_; map { [ substr($type, 0, 1), "${type}_$_->[0]_ops", $_->[1] ] } [ l2 => '<->' ], [ ip => '<#>' ], [ cosine => '<=>' ], [ l1 => '<+>' ] }
      'vector', 'halfvec'
  ]);

done_testing();

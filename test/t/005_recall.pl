# Recall floors on real images, for one index of each type; test/t_slow has all metrics.

use strict;
use warnings;

use Recall;
use Test::More;

recall_through_life(rows => 3000, indexes => [ [ 'v', 'vector_l2_ops', '<->' ], [ 'h', 'halfvec_cosine_ops', '<=>' ] ]);

done_testing();

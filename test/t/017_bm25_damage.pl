# Damage one thing of a bm25 index on disk: searches and check_index report it, or stay right, and the server lives.

use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Ranked;
use Vecstore;

use constant { BLOCK => 8192, HEADER => 24, TAIL => 8, META => 24, LANE => 2 * 8192 + 24 };

my $node = new_server('damage');
my $sample = make_document('i', '10 + i % 30');
$node->safe_psql(
  'postgres', "CREATE TABLE docs (id int PRIMARY KEY, v tsvector);
  INSERT INTO docs SELECT i, $sample FROM generate_series(1, 3000) i;
  CREATE INDEX docs_v ON docs USING bm25 (v);
  INSERT INTO docs SELECT i, $sample FROM generate_series(3001, 3030) i;
  CHECKPOINT");
index_is_clean($node, 'docs_v', 'before');
my $path = $node->data_dir . '/' . $node->safe_psql('postgres', "SELECT pg_relation_filepath('docs_v')");
$node->stop;
my $sound = slurp_file($path);

# Where things are: the segment's streams, and the first page of a lane.
my @streams = unpack('L7', substr($sound, META + 32 + 36, 28));
my $first = unpack('L', substr($sound, META + 32 + 20, 4));
my $lane = (grep { unpack('L', substr($sound, LANE + $_ * BLOCK + 8 + 12, 4)) > 0 } 0 .. 3)[0];
my $lane_block = unpack('L', substr($sound, LANE + $lane * BLOCK + 8 + 8, 4));
sub stream { my ($number) = @_; my $block = $first; $block += $streams[$_] for 0 .. $number - 1; return $block * BLOCK + HEADER; }

# name, offset, bytes, what a search says (undef: it answers), what check_index says (undef: the same)
my @damages = (
  [ 'the version', META + 4, pack('S', 99), qr/has format version 99, this library reads version 4/ ],
  [ 'the number of segments', META + 12, pack('L', 5000), qr/has format version/ ],
  [ 'the kind of the meta page', BLOCK - TAIL, pack('C', 77), qr/has an unexpected page at block 0/ ],
  [ 'the kind of a page', stream(2) - HEADER + BLOCK - TAIL, pack('C', 77), qr/has an unexpected page/ ],
  [ 'the owner of a page', stream(2) - HEADER + BLOCK - TAIL + 4, pack('L', 77), qr/has a page of another segment/ ],
  [ 'the number of sealed runs', LANE + $lane * BLOCK, pack('L', 5000), qr/has a damaged lane head/ ],
  [ 'the size of a record', $lane_block * BLOCK + HEADER, pack('L', 7), qr/has a damaged record/ ],
  [ 'the size of a tsvector', $lane_block * BLOCK + HEADER + 48, pack('L', 0xfffffff0), qr/has a damaged record/ ],
  [ 'the number of lexemes of a tsvector', $lane_block * BLOCK + HEADER + 52, pack('L', 0x7fffffff), qr/has a damaged record/ ],
  [ 'where a lexeme is', $lane_block * BLOCK + HEADER + 56, "\xff" x 4, undef, qr/its tsvector is damaged/ ],
  [ 'a signature', $lane_block * BLOCK + HEADER + 16, "\x00" x 32, undef, qr/its signature is not that of its lexemes/ ],
  [ 'postings', stream(2) + 40, "\xff" x 64, undef, qr/error\|segment 1\|/ ],
  [ 'skips', stream(1) + 12, "\xff" x 20, undef, qr{has no page|error\|segment 1\|} ],
  [ 'a dictionary page', stream(0), "\xff" x 300, undef, qr/error\|segment 1\|/ ],
  [ 'a restart of the dictionary', stream(0) + BLOCK - HEADER - TAIL - 2, pack('S', 4), undef, qr/searches do not find term/ ],
  [ 'a length', stream(4) + 20, pack('S', 9999), undef, qr/has length 9999/ ],
  [ 'live bits', stream(6), "\x00" x 8, undef, qr/of its documents live/ ],
  [ 'a row', stream(5), "\x00\x00\x00\x00\x02\x00", undef, qr/in the index more than once|not in the index/ ]);

sub start_with
{
  my ($offset, $bytes) = @_;
  my $damaged = $sound;
  substr($damaged, $offset, length $bytes) = $bytes;
  open(my $out, '>:raw', $path) or die "$path: $!";
  print $out $damaged;
  close($out);
  $node->start;
  return;
}

for (@damages)
{
  my ($name, $offset, $bytes, $search, $check) = @$_;
  start_with($offset, $bytes);
  subtest $name => sub {
    my $settings = 'SET enable_seqscan = off; SET enable_sort = off;';
    my ($status, $found, $error) = $node->psql('postgres', "$settings SELECT count(*) FROM (SELECT id FROM docs ORDER BY v <@> 'w1 | w2 | w3'::tsquery LIMIT 1000) s");
    if ($search) { like($error, $search, 'a search reports it'); }
    else { ok($status == 0 || $error =~ /bm25 index has no page|REINDEX/, "a search ends: $found$error"); }
    ($status, $found, $error) = $node->psql('postgres', "SELECT * FROM vecstore.check_index('docs_v')");
    like("$found$error", $check // $search, 'check_index reports it');
    is($node->safe_psql('postgres', 'SELECT count(*) FROM docs'), '3030', 'the server lives');
  };
  $node->stop;
}

# What a crash leaves behind that came between taking blocks and using them.
my $next = unpack('L', substr($sound, BLOCK + HEADER, 4));
start_with(BLOCK + HEADER, pack('L', $next + 5));
my $problems = 'SELECT * FROM vecstore.check_index(\'docs_v\')';
is($node->safe_psql('postgres', $problems), "info|blocks|5 blocks from block $next on belong to nothing: VACUUM takes them back", 'blocks are lost');
$node->safe_psql('postgres', 'VACUUM docs');
is($node->safe_psql('postgres', $problems), '', 'VACUUM takes them back');
ranking_is_right($node, 'docs', 'v', 'after VACUUM');

$node->safe_psql('postgres', 'REINDEX INDEX docs_v');
index_is_clean($node, 'docs_v', 'after REINDEX');
ranking_is_right($node, 'docs', 'v', 'after REINDEX');

done_testing();

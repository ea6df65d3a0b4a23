-- vecstore.version(), vecstore.build_info() and the setting vecstore.simd.
-- Targets differ from machine to machine, so values are compared and not printed.
SELECT vecstore.version() = extversion AS same_version FROM pg_extension WHERE extname = 'vecstore';

SELECT property FROM vecstore.build_info();
SELECT count(*) AS empty FROM vecstore.build_info() WHERE coalesce(value, '') = '';

CREATE VIEW simd AS
SELECT max(value) FILTER (WHERE property = 'simd_target') AS target,
       max(value) FILTER (WHERE property = 'simd_targets_available') AS available
FROM vecstore.build_info();

-- The best target is the default, any available one can be chosen, in any case of letters.
SELECT target = split_part(available, ', ', 1) AS best FROM simd;
SELECT set_config('vecstore.simd', lower(reverse(split_part(reverse(available), ' ,', 1))), false) <> '' AS set FROM simd;
SELECT target = reverse(split_part(reverse(available), ' ,', 1)) AS worst FROM simd;
SET vecstore.simd = 'sparc';
RESET vecstore.simd;
SELECT target = split_part(available, ', ', 1) AS best FROM simd;
DROP VIEW simd;

-- The example of hybrid search runs and shows what it promises.
\i examples/hybrid.sql

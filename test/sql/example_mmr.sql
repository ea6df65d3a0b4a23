-- The example of diverse results runs and shows what it promises.
\i examples/mmr.sql

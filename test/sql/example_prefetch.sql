-- The example of prefetch runs and shows what it promises.
\i examples/prefetch.sql

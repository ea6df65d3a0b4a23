-- The example of phrases runs and shows what it promises.
\i examples/phrases.sql

-- The example of recommendations runs and shows what it promises.
\i examples/recommendations.sql

-- The example of tokenizers runs and shows what it promises.
\i examples/tokenizers.sql

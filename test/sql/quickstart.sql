-- quickstart - the example for new users runs and shows what it promises.
\i examples/quickstart.sql

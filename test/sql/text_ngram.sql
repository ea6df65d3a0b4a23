-- The dictionary templates vecstore.ngram and vecstore.fold, and configurations made of them.
\pset format unaligned
\pset tuples_only on

CREATE TEXT SEARCH DICTIONARY default_grams (TEMPLATE = vecstore.ngram);
CREATE TEXT SEARCH DICTIONARY grams24 (TEMPLATE = vecstore.ngram, min = 2, max = 4);
CREATE TEXT SEARCH DICTIONARY edges (TEMPLATE = vecstore.ngram, min = 2, max = 4, edge = true);
CREATE TEXT SEARCH DICTIONARY letters (TEMPLATE = vecstore.ngram, min = '1', max = '1', edge = off);
CREATE TEXT SEARCH DICTIONARY from5 (TEMPLATE = vecstore.ngram, min = 5);
CREATE TEXT SEARCH DICTIONARY to2 (TEMPLATE = vecstore.ngram, max = 2);
SELECT d, ts_lexize(d, 'Data'), ts_lexize(d, 'Ab'), ts_lexize(d, 'x'), ts_lexize(d, 'ÉcoleÜ'), ts_lexize(d, '')
FROM unnest('{default_grams,grams24,edges,letters,from5,to2}'::regdictionary[]) d;

-- Grams that begin together share a position, so a phrase of a part is found in the whole.
CREATE TEXT SEARCH CONFIGURATION inside (PARSER = vecstore.simple);
ALTER TEXT SEARCH CONFIGURATION inside ADD MAPPING FOR word, number, cjk WITH grams24;
SELECT to_tsvector('inside', 'Cats do');
SELECT plainto_tsquery('inside', 'cat'), phraseto_tsquery('inside', 'cat do');
SELECT t, to_tsvector('inside', t) @@ phraseto_tsquery('inside', 'data'), to_tsvector('inside', t) @@ plainto_tsquery('inside', 'data')
FROM unnest('{metadata,DATABASE,date,a dat a,tadata}'::text[]) t;

CREATE TEXT SEARCH CONFIGURATION typed (PARSER = vecstore.simple);
ALTER TEXT SEARCH CONFIGURATION typed ADD MAPPING FOR word, number WITH edges;
SELECT to_tsvector('typed', 'Postgres data'), to_tsquery('typed', 'pos');
SELECT to_tsvector('typed', 'Postgres data') @@ to_tsquery('typed', 'post & da'), to_tsvector('typed', 'Postgres data') @@ to_tsquery('typed', 'ata');

-- A word of the longest length, and the most grams of it.
CREATE TEXT SEARCH DICTIONARY all_grams (TEMPLATE = vecstore.ngram, min = 1, max = 32);
SELECT array_length(ts_lexize('all_grams', repeat('abc', 682)), 1) = 2046 * 32 - 31 * 32 / 2 AS all_of_them;

-- Options.
CREATE TEXT SEARCH DICTIONARY wrong (TEMPLATE = vecstore.ngram, min = 0);
CREATE TEXT SEARCH DICTIONARY wrong (TEMPLATE = vecstore.ngram, max = 33);
CREATE TEXT SEARCH DICTIONARY wrong (TEMPLATE = vecstore.ngram, min = 2.5);
CREATE TEXT SEARCH DICTIONARY wrong (TEMPLATE = vecstore.ngram, min = '99999999999999999999');
CREATE TEXT SEARCH DICTIONARY wrong (TEMPLATE = vecstore.ngram, min = '');
CREATE TEXT SEARCH DICTIONARY wrong (TEMPLATE = vecstore.ngram, min = 4, max = 2);
CREATE TEXT SEARCH DICTIONARY wrong (TEMPLATE = vecstore.ngram, edge = perhaps);
CREATE TEXT SEARCH DICTIONARY wrong (TEMPLATE = vecstore.ngram, size = 3);
ALTER TEXT SEARCH DICTIONARY grams24 (min = 5);
ALTER TEXT SEARCH DICTIONARY grams24 (min = 3, max = 3);
SELECT ts_lexize('grams24', 'Data');

-- Folding with a list of stop words of the server's, with the one built in, or as a filter.
CREATE TEXT SEARCH DICTIONARY german_stop (TEMPLATE = vecstore.fold, stopwords = german);
SELECT ts_lexize('german_stop', 'FÜR'), ts_lexize('german_stop', 'HÄUSER');
CREATE TEXT SEARCH DICTIONARY both_lists (TEMPLATE = vecstore.fold, stopwords = german, builtinstopwords = english);
SELECT ts_lexize('both_lists', 'Für'), ts_lexize('both_lists', 'The'), ts_lexize('both_lists', 'For You');
CREATE TEXT SEARCH DICTIONARY wrong (TEMPLATE = vecstore.fold, builtinstopwords = klingon);
CREATE TEXT SEARCH DICTIONARY wrong (TEMPLATE = vecstore.fold, filter = perhaps);
CREATE TEXT SEARCH DICTIONARY wrong (TEMPLATE = vecstore.fold, accept = true);

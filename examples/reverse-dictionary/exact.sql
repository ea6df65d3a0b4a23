-- exact.sql - the true ten nearest entries of every question, found while there is no index yet.
CREATE TABLE exact_answers AS
SELECT q.id AS question_id, a.*
FROM questions q CROSS JOIN LATERAL ask(q.id, 10) AS a;

ALTER TABLE exact_answers ADD PRIMARY KEY (question_id, id);
COMMENT ON TABLE exact_answers IS 'the ten nearest entries of every question by exact search';

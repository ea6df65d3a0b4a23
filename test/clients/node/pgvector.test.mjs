// pgvector.test.mjs - pgvector's Node package finds vecstore's types and exchanges values exactly.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import pg from 'pg';
import pgvector from 'pgvector/pg';
import { toSql } from 'pgvector';
import postgres from 'postgres';

// Single-precision numbers, so that the text form is exact in both directions.
const randomVector = (dimensions) =>
  Array.from({ length: dimensions }, (_, i) => Math.fround(Math.sin(i + dimensions)));

test('pg', async (t) => {
  const client = new pg.Client();
  await client.connect();
  t.after(() => client.end());
  await pgvector.registerTypes(client);

  for (const dimensions of [1, 3, 100, 16000]) {
    const vector = randomVector(dimensions);
    const { rows } = await client.query('SELECT $1::vector AS v, $1::vector::halfvec AS h, ARRAY[$1]::vector[] AS a', [
      pgvector.toSql(vector),
    ]);
    assert.deepEqual(rows[0].v.map(Math.fround), vector);
    assert.equal(rows[0].h.length, dimensions);
  }
  await client.query('CREATE TEMP TABLE items (id serial, embedding vector(3))');
  await client.query(
    'INSERT INTO items (embedding) VALUES ($1), ($2), ($3)',
    [
      [1, 1, 1],
      [2, 2, 2],
      [1, 1, 2],
    ].map(pgvector.toSql),
  );
  const nearest = await client.query('SELECT id FROM items ORDER BY embedding <-> $1 LIMIT 5', [
    pgvector.toSql([1, 1, 1]),
  ]);
  assert.deepEqual(
    nearest.rows.map(({ id }) => id),
    [1, 3, 2],
  );
  await assert.rejects(client.query("INSERT INTO items (embedding) VALUES ('[1]')"), {
    code: '22000',
    message: 'expected 3 dimensions, not 1',
  });

  // Rows as JSON carry arrays, not strings.
  const json = await client.query('SELECT row_to_json(i) AS item FROM items i WHERE id = 3');
  assert.deepEqual(json.rows[0].item, { id: 3, embedding: [1, 1, 2] });
});

test('postgres.js', async (t) => {
  const sql = postgres({ host: process.env.PGHOST, max: 1 });
  t.after(() => sql.end());
  const [{ distance }] = await sql`SELECT ${toSql([1, 2, 3])}::vector <-> ${toSql([4, 6, 3])} AS distance`;
  assert.equal(distance, 5);
});

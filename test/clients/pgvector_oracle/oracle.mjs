// oracle.mjs - compares vecstore, reached through psql, with pgvector inside PGlite.
//
// Prints one line a finding and a summary; exits 1 when anything differs that differences.mjs does not
// explain.  The server is found through PGHOST and PGDATABASE, and has vecstore installed.
import { spawnSync } from 'node:child_process';
import { PGlite } from '@electric-sql/pglite';
import { vector } from '@electric-sql/pglite/vector';
import { cases } from './cases.mjs';
import { catalogQueries } from './catalog.mjs';
import { DIFFERENCES } from './differences.mjs';

const HELPERS = `
-- The value and type of an expression, or what is reported about it.
CREATE FUNCTION pg_temp.attempt(expression text) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE value text; type text; detail text;
BEGIN
  EXECUTE 'SELECT v::text, pg_typeof(v) FROM (SELECT ' || expression || ') AS e(v)' INTO value, type;
  RETURN jsonb_build_object('value', value, 'type', type);
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
  RETURN jsonb_build_object('state', SQLSTATE, 'message', SQLERRM, 'detail', detail);
END $$;

-- Binary input: bytes as the only field of a binary COPY file.
CREATE FUNCTION pg_temp.receive(type text, hex text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  file text := current_setting('data_directory') || '/oracle.bin';
  field bytea := decode(replace(hex, ' ', ''), 'hex');
  object oid;
  result text;
BEGIN
  EXECUTE format('CREATE TEMP TABLE received (v %s)', type);
  object := lo_from_bytea(0, '\\x5047434f50590aff0d0a000000000000000000'::bytea || '\\x0001'::bytea || int4send(length(field)) || field || '\\xffff'::bytea);
  PERFORM lo_export(object, file);
  EXECUTE format('COPY received FROM %L WITH (FORMAT binary)', file);
  SELECT v::text INTO result FROM received;
  DROP TABLE received;
  RETURN result;
END $$;
SET extra_float_digits = 1;
`;

const quoted = (text) => `'${text.replace(/'/g, "''")}'`;

async function runPgvector(queries) {
  const db = await PGlite.create({ extensions: { vector } });
  await db.exec(`CREATE EXTENSION vector; SET standard_conforming_strings = on; ${HELPERS}`);
  const results = [];
  for (const query of queries) {
    try {
      results.push((await db.query(query)).rows[0].result);
    } catch (error) {
      throw new Error(`PGlite broke at ${query}`, { cause: error });
    }
  }
  await db.close();
  return results;
}

function runVecstore(queries) {
  const script = `${HELPERS}\n${queries.map((query) => query.replace(/\n/g, ' ') + ';').join('\n')}\n`;
  const psql = spawnSync('psql', ['-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1', '-f', '-'], {
    input: script,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  if (psql.status !== 0) throw new Error(`psql failed: ${psql.stderr}`);
  return psql.stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

// Numbers may differ in the last digit: the order of additions is the processor's business.
function sameNumbers(a, b) {
  const number = /[-+]?(?:\d+\.?\d*(?:e[-+]?\d+)?|Infinity)/gi;
  if (a.replace(number, '#') !== b.replace(number, '#')) return false;
  const right = b.match(number) ?? [];
  return (a.match(number) ?? []).every((text, i) => {
    const x = Number(text),
      y = Number(right[i]);
    return Object.is(x, y) || Math.abs(x - y) <= 1e-6 * Math.max(Math.abs(x), Math.abs(y));
  });
}

const ROUNDED_TYPES = ['double precision'];
const same = (expected, actual) =>
  expected.type === actual.type &&
  expected.state === actual.state &&
  expected.message === actual.message &&
  expected.detail === actual.detail &&
  (expected.value === actual.value ||
    (ROUNDED_TYPES.includes(expected.type) && sameNumbers(expected.value, actual.value)));

const short = (text) => (text.length > 200 ? `${text.slice(0, 200)}...` : text);
const describe = ({ value, type, state, message, detail }) =>
  short(state ? `${state} ${message}${detail ? ` (${detail})` : ''}` : `${value} : ${type}`);

function compareExpressions(expressions, expected, actual) {
  const findings = [];
  const used = new Set();
  expressions.forEach((expression, i) => {
    if (same(expected[i], actual[i])) return;
    const excuse = DIFFERENCES.find((difference) => difference.applies(expression, expected[i], actual[i]));
    if (excuse) used.add(excuse);
    else
      findings.push(`${short(expression)}\n  pgvector: ${describe(expected[i])}\n  vecstore: ${describe(actual[i])}`);
  });
  for (const difference of DIFFERENCES)
    if (!used.has(difference)) findings.push(`differences.mjs: nothing differs by "${difference.reason}"`);
  return findings;
}

// Everything pgvector's catalogue says about the two types must be said by vecstore's.
const compareCatalogs = (expected, actual) =>
  catalogQueries.flatMap(({ name }, i) => {
    const have = new Set(actual[i]);
    return expected[i].filter((line) => !have.has(line)).map((line) => `catalogue, ${name}: missing ${line}`);
  });

const expressions = [...new Set(cases())];
const queries = [
  ...expressions.map((expression) => `SELECT pg_temp.attempt(${quoted(expression)}) AS result`),
  ...catalogQueries.map(({ query }) => `SELECT to_jsonb(array(${query})) AS result`),
];
const expected = await runPgvector(queries);
const actual = runVecstore(queries);
const n = expressions.length;
const findings = [
  ...compareExpressions(expressions, expected, actual),
  ...compareCatalogs(expected.slice(n), actual.slice(n)),
];
for (const finding of findings) console.log(finding);
console.log(
  `pgvector oracle: ${n} expressions, ${expected.slice(n).flat().length} lines of the catalogue, ${findings.length} differences`,
);
process.exitCode = findings.length === 0 ? 0 : 1;

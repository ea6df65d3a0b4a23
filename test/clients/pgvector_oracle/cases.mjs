// cases.mjs - the SQL that is run on both sides: expressions, generated and hand-picked.
//
// Every case is an SQL expression; its value is compared as text together with its type, or, where it
// fails, by message, DETAIL and SQLSTATE.  pg_temp.receive(type, bytes) is binary input.

const TYPES = ['vector', 'halfvec'];

// The SQL literal of a text; control characters are escaped, so that every case fits a line.
function quote(text) {
  const doubled = text.replace(/'/g, "''");
  if (!/[\\\t-\r]/.test(text)) return `'${doubled}'`;
  const hex = (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
  return `E'${doubled.replace(/\\/g, '\\\\').replace(/[\t-\r]/g, hex)}'`;
}

const TEXTS = [
  '[1,2,3]', '[1]', '[-1,0,1]', '[1.5,-2.25]', '[0.1,0.2,0.3]', '[1e5,1e-5,1.5e10]', '[1e37,1e-37]', '[-0]', '[+1]',
  '[.5,5.]', '[00012]', '[0.333333333333333333333]', '[16777217]', '[3.4028235e38]', '[-3.4028235e38]', '[1e-45]',
  '[1e-46,-1e-46]', '[1.17549435e-38]', '[65504]', '[65519]', '[65519.996]', '[65520]', '[-65520]', '[1e5]',
  '[2049,2051,4098]', '[1e-7,1e-8,3e-8]', '[6.1e-5,6.0e-5]', '[0x10,0x1p-3,0X1.8P1]', '[0x]', '[1e]', '[1e+]',
  '[1e400]', '[1e-400]', ' [1,2]', '[1,2] ', '[ 1 , 2 ]', '\t[\n1\r,\f2\v]\n', '[1,2]\u00a0', '\u00a0[1]',
  '[1,\u00a02]', '', ' ', '[', ']', '[]', '[ ]', '[\t]', '[1', '[1,', '[1,]', '[,', '[,]', '[,1]', '[1,,2]', '1,2',
  '1', '{1,2}', '(1,2)', '[1 2]', '[1;2]', '[1,2', '1,2]', '[1,2]]', '[1,2]1', '[1,2],', '[1,2] [3]', '[[1,2]]',
  '[[1],[2]]', '[1,[2]]', '[a]', '[1a]', '[1,b,3]', '[-]', '[+]', '[.]', '[- 1]', '[--1]', '[1_000]', '[1,2\\]',
  '[NaN]', '[nan]', '[1,NaN]', '[-nan]', '[nan(1)]', '[Infinity]', '[-Infinity]', '[inf]', '[+inf]', '[1,-inf]',
  '[INFINITY]', '[infinit]', '[nano]', '[4e38]', '[-4e38]', '[1,4e38]', '[1, 4e38 ,NaN]', '[NaN,4e38]',
  '[3.4028236e38]', '[1e39]', '["1"]', "['1']", '[null]', '[true]', '[1,2,3]\\0',
];

const MODIFIERS = [
  '1', '2', '3', '16000', '0', '-1', '16001', '2147483647', '2147483648', '3, 2', "'a'", "'3'", '1.5', '',
];

// Values for functions; pairs are formed from each with each.
const VALUES = [
  '[1,2,3]', '[4,5,6]', '[-1,0.5,2]', '[0,0,0]', '[1,2]', '[3]', '[-0,0,-0]', '[1e4,-1e4,1]', '[1e-4,1e-7,0]',
  '[60000,50000,40000]', '[2048,1,0.5]',
];
const VECTOR_ONLY = ['[3e38]', '[-3e38]', '[1e-30]', '[1e30,1e-30]'];

const ARRAYS = [
  ['integer', '{1,2,3}'], ['integer', '{}'], ['integer', '{1,NULL}'], ['integer', '{NULL}'],
  ['integer', '{{1,2},{3,4}}'], ['integer', '{{1}}'], ['integer', '{2147483647}'], ['integer', '{-2147483648}'],
  ['integer', '{16777217,65520}'], ['integer', '[5:6]={1,2}'], ['integer', '{65519}'], ['real', '{1,2,3}'],
  ['real', '{0.1,-0,1e-45}'], ['real', '{NaN}'], ['real', '{1,Infinity}'], ['real', '{-Infinity}'], ['real', '{}'],
  ['real', '{NULL,1}'], ['real', '{{1}}'], ['real', '{65520}'], ['real', '{3e38,1}'],
  ['double precision', '{1,2,3}'], ['double precision', '{0.1,1e-46}'], ['double precision', '{1e39}'],
  ['double precision', '{NaN}'], ['double precision', '{-Infinity}'], ['double precision', '{}'],
  ['double precision', '{NULL}'], ['double precision', '{{1}}'], ['double precision', '{65519.99,65520.5}'],
  ['double precision', '{3.4028236e38}'], ['numeric', '{1,2,3}'], ['numeric', '{0.1,1.5}'], ['numeric', '{1e39}'],
  ['numeric', '{1e-50}'], ['numeric', '{NaN}'], ['numeric', '{Infinity}'], ['numeric', '{}'], ['numeric', '{NULL}'],
  ['numeric', '{{1}}'], ['numeric', '{65520}'], ['bigint', '{1,2}'], ['text', '{1,2}'], ['boolean', '{t}'],
  ['smallint', '{1}'],
];

const STATES = [
  '{0}', '{1,1}', '{2,1,2,3}', '{3,4,5,6}', '{}', '{NULL}', '{1,NULL}', '{{1,2}}', '{0,1}', '{1,1e39}', '{1,NaN}',
  '{1,Infinity}', '{1,65520}', '{1,1.7e308}', '{-1,1,2,3}', '{1}', '{0.5,1,2,3}', '{2,-0,0,1e-50}',
];

const SETS = [
  '{}', '{NULL}', '{"[1,2,3]"}', '{"[1,2,3]","[3,5,7]"}', '{"[1,2,3]",NULL,"[3,5,7]"}', '{"[1,2]","[3]"}',
  '{"[3]","[1,2]"}', '{"[-0]","[-0]"}', '{"[60000]","[60000]"}', '{"[2048]","[1]","[1]"}',
  '{"[0.1]","[0.2]","[0.3]"}',
];

// Long vectors come from arrays: reading their text overflows the stack PGlite has.
const big = (n, type) => `array_fill(1::real, ARRAY[${n}])::${type}`;

function* textInput(type) {
  for (const text of TEXTS) yield `${quote(text)}::${type}`;
  for (const text of ['[1,2,3]', '[1,2', '[1,NaN,2]'])
    for (const modifier of MODIFIERS) yield `${quote(text)}::${type}(${modifier})`;
  yield `NULL::${type}`;
  yield `format_type('${type}'::regtype, 7)`;
  yield `'{"[1,2]","[3]",NULL}'::${type}[]`;
  yield `'{"[1,2]","[3]"}'::${type}(2)[]`;
  yield `'{"[1"}'::${type}[]`;
  yield `ARRAY['[1,2]','[3]']::${type}[]`;
}

// int16 dimension, int16 unused, elements; all in hexadecimal
const BINARY = {
  vector: [
    '0001 0000 3f800000', '0002 0000 3f800000 c0200000', '0000 0000', 'ffff 0000', '3e81 0000', '8000 0000',
    '0001 0001 3f800000', '0001 ffff 3f800000', '0001 0000 7fc00000', '0001 0000 7f800000', '0001 0000 ff800000',
    '0002 0000 3f800000', '0001 0000', '0001 00', '00', '', '0001 0000 3f800000 00', '0001 0000 00000001',
    '0001 0000 80000000', '0002 0000 7fc00000 7f800000',
  ],
  halfvec: [
    '0001 0000 3c00', '0002 0000 3c00 c100', '0000 0000', 'ffff 0000', '3e81 0000', '0001 0001 3c00',
    '0001 ffff 3c00', '0001 0000 7e00', '0001 0000 7c00', '0001 0000 fc00', '0001 0000 7c01', '0002 0000 3c00',
    '0001 0000', '0001 0000 3c00 00', '0001 0000 0001', '0001 0000 8000', '0001 0000 7bff', '0001 0000 03ff',
  ],
};

function* binaryForm(type) {
  for (const value of VALUES) yield `${type}_send('${value}')`;
  for (const bytes of BINARY[type]) yield `pg_temp.receive('${type}', '${bytes}')`;
  yield `pg_temp.receive('${type}(1)', '${BINARY[type][0]}')`;
  yield `pg_temp.receive('${type}(2)', '${BINARY[type][0]}')`;
}

const values = (type) => (type === 'vector' ? [...VALUES, ...VECTOR_ONLY] : VALUES);

function* unaryFunctions(type) {
  const norm = type === 'vector' ? 'vector_norm' : 'l2_norm';
  for (const value of [...values(type), null]) {
    const argument = value === null ? `NULL::${type}` : `'${value}'::${type}`;
    for (const name of ['vector_dims', norm, 'l2_normalize', 'binary_quantize']) yield `${name}(${argument})`;
  }
  for (const value of ['[0,0.1,-0.2,-0.3,0.4,0.5,0.6,-0.7,0.8,-0.9,1]', '[1,0,-1,1,0,-1,1,1,1]', '[1,1,1,1,1,1,1,1]'])
    yield `binary_quantize('${value}'::${type})`;
  const numbers = ['-2147483648', '-2', '-1', '0', '1', '2', '3', '5', '6', '2147483647', 'NULL'];
  for (const start of numbers)
    for (const count of numbers) yield `subvector('[1,2,3,4,5]'::${type}, ${start}, ${count})`;
}

function* binaryFunctions(type) {
  const own = [
    'add', 'sub', 'mul', 'concat', 'lt', 'le', 'eq', 'ne', 'ge', 'gt', 'cmp', 'l2_squared_distance',
    'negative_inner_product', 'spherical_distance',
  ].map((name) => `${type}_${name}`);
  const functions = ['l2_distance', 'inner_product', 'cosine_distance', 'l1_distance', ...own];
  const operators = ['<->', '<#>', '<=>', '<+>', '+', '-', '*', '||', '<', '<=', '=', '<>', '>=', '>'];
  for (const a of values(type)) {
    for (const b of values(type)) {
      for (const name of functions) yield `${name}('${a}'::${type}, '${b}'::${type})`;
      for (const operator of operators) yield `'${a}'::${type} ${operator} '${b}'`;
    }
  }
  for (const name of functions) yield `${name}('[1]'::${type}, NULL)`;
  for (const operator of operators) yield `NULL::${type} ${operator} '[1]'`;
  yield `vector_dims(${big(16000, type)} || '[1]')`;
  yield `vector_dims(${big(8000, type)} || ${big(8000, type)})`;
}

function* casts(type) {
  const other = type === 'vector' ? 'halfvec' : 'vector';
  for (const [element, array] of ARRAYS)
    for (const modifier of ['', '(1)', '(3)']) yield `'${array}'::${element}[]::${type}${modifier}`;
  for (const value of values(type)) {
    for (const target of [
      other,
      `${other}(3)`,
      `${type}(3)`,
      `${type}(1)`,
      'real[]', 'double precision[]', 'integer[]', 'numeric[]', 'text',
    ])
      yield `'${value}'::${type}::${target}`;
  }
  yield `${big(16001, type)}`;
  yield `${big(16000, type)} = ${big(16000, `${type}(16000)`)}`;
  yield `array_replace('{1,NULL,3}'::real[], NULL, 2)::${type}`;
  yield `'[1,2]'::${type} <-> '[1,3]'::${other}`;
  yield `l2_distance('[1,2]'::${type}, '{1,3}'::real[])`;
  yield `'[1,2]'::${type} = '{1,2}'::real[]`;
  yield `COALESCE(NULL::${type}, '{1,2}'::real[])`;
  yield `(SELECT v FROM (SELECT '[1,2]'::${type} UNION SELECT '[1,2]'::${other}) AS u(v))`;
  yield `'1'::${type}::integer`;
}

function* aggregates(type) {
  for (const name of ['avg', 'sum', 'count', 'min', 'max'])
    for (const set of SETS) yield `(SELECT ${name}(v) FROM unnest('${set}'::${type}[]) v)`;
  for (const set of SETS) {
    yield `(SELECT array_agg(v ORDER BY v) FROM unnest('${set}'::${type}[]) v)`;
    yield `(SELECT array_agg(a ORDER BY a) FROM (SELECT avg(v) OVER (ORDER BY n) AS a FROM unnest('${set}'::${type}[]) WITH ORDINALITY AS t(v, n)) w)`;
    yield `(SELECT count(DISTINCT v) FROM unnest('${set}'::${type}[]) v)`;
  }
  yield `(SELECT avg(v) FROM unnest('{"[3e38]","[3e38]"}'::${type}[]) v)`;
  yield `(SELECT sum(v) FROM unnest('{"[3e38]","[3e38]"}'::${type}[]) v)`;
  for (const state of STATES) {
    yield `${type}_avg('${state}')`;
    yield `${type}_accum('${state}', '[1,2,3]')`;
    yield `${type}_accum('${state}', '[1]')`;
    for (const second of STATES) yield `${type}_combine('${state}', '${second}')`;
  }
  yield `${type}_avg(array_fill(1::float8, ARRAY[16002]))`;
  yield `${type}_combine('{0}', array_fill(1::float8, ARRAY[16002]))`;
  yield `${type}_combine(array_fill(1::float8, ARRAY[16002]), '{0}')`;
  yield `vector_dims(${type}_avg(array_fill(1::float8, ARRAY[16001])))`;
}

// A pseudo-random vector: multiples of 1/64, so that single-precision sums are exact.
function randomVector(type, seed, dimensions) {
  const elements = [];
  let state = (seed * 2654435761) >>> 0;
  for (let i = 0; i < dimensions; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    elements.push(((state >>> 20) - 2048) / 64);
  }
  return `'{${elements}}'::real[]::${type}`;
}

function* randomVectors(type) {
  let seed = 1;
  for (const dimensions of [1, 2, 3, 4, 7, 8, 9, 15, 16, 17, 31, 33, 64, 100, 127, 255]) {
    const a = randomVector(type, seed++, dimensions);
    const b = randomVector(type, seed++, dimensions);
    for (const operator of ['<->', '<#>', '<=>', '<+>', '+', '-', '*', '||', '<']) yield `${a} ${operator} ${b}`;
    for (const name of ['l2_normalize', 'binary_quantize', `${type}_send`]) yield `${name}(${a})`;
    yield `(SELECT avg(v) FROM unnest(ARRAY[${a}, ${b}]) v)`;
  }
}

export function* cases() {
  for (const type of TYPES) {
    for (const group of [textInput, binaryForm, unaryFunctions, binaryFunctions, casts, aggregates, randomVectors])
      yield* group(type);
  }
}

// differences.mjs - where vecstore means to differ from the pgvector in PGlite (0.8.0), and why.
//
// A difference that applies to a case excuses it; one that excuses nothing fails the run, so that the
// list cannot grow stale.

// The states of vector_combine(a, b) whose count of vectors contradicts their number of sums.
const contradictory = (expression) => /_combine\(/.test(expression) && /'\{0,1\}'|'\{1\}'/.test(expression);

export const DIFFERENCES = [
  {
    reason:
      "binary input reads the dimension and the field after it as unsigned, as pgvector's development version does; 0.8.0 to 0.8.6 read them as signed",
    applies: (expression) => /pg_temp\.receive\('\w+', '(ffff 0000|8000 0000|0001 ffff .*)'\)/.test(expression),
  },
  {
    reason:
      "combining two states goes by whether they have sums, as in pgvector's development version; 0.8.0 to 0.8.6 go by their counts. No aggregation produces states where that matters",
    applies: contradictory,
  },
  {
    reason:
      "a combined state of more than 16000 dimensions is refused at once, as in pgvector's development version; 0.8.0 to 0.8.6 refuse it in the final function",
    applies: (expression, expected, actual) => /_combine\(.*array_fill/.test(expression) && actual.state === '54000',
  },
];

// catalog.mjs - what the catalogue says about the two types, as sets of lines.
//
// Left out: functions and operators of types and access methods vecstore does not have (sparsevec,
// ivfflat), and what is deliberately different: storage main instead of external, COST 10 for
// distances (a sort by distance is not as cheap as one by an integer), and neqsel for <> (eqsel would
// estimate the rows that are equal).
const OF_THE_TYPES = (columns) =>
  `${columns} && ARRAY['vector','halfvec','vector[]','halfvec[]']::regtype[]::oid[] AND NOT ${columns} && ARRAY[coalesce(to_regtype('sparsevec')::oid, 0)]`;

export const catalogQueries = [
  {
    name: 'functions',
    query: `SELECT format('%s returns %s %s %s %s %s', p.oid::regprocedure, prorettype::regtype, prokind, provolatile, proisstrict, proparallel)
      FROM pg_proc p WHERE ${OF_THE_TYPES('(proargtypes::oid[] || prorettype)')} AND pronamespace = 'public'::regnamespace`,
  },
  {
    name: 'aggregates',
    query: `SELECT format('%s %s %s %s %s %s', aggfnoid::regprocedure, aggtransfn, aggfinalfn, aggcombinefn, aggtranstype::regtype, agginitval)
      FROM pg_aggregate JOIN pg_proc p ON p.oid = aggfnoid WHERE ${OF_THE_TYPES('proargtypes::oid[]')} AND pronamespace = 'public'::regnamespace`,
  },
  {
    name: 'operators',
    query: `SELECT format('%s %s com %s neg %s %s %s', o.oid::regoperator, oprcode, oprcom::regoper, oprnegate::regoper, oprcanmerge, oprcanhash)
      FROM pg_operator o WHERE ${OF_THE_TYPES('ARRAY[oprleft, oprright]')}`,
  },
  {
    name: 'selectivity of operators',
    query: `SELECT format('%s %s %s', o.oid::regoperator, oprrest, oprjoin)
      FROM pg_operator o WHERE ${OF_THE_TYPES('ARRAY[oprleft, oprright]')} AND oprname <> '<>'`,
  },
  {
    name: 'casts',
    query: `SELECT format('%s to %s by %s %s %s', castsource::regtype, casttarget::regtype, castfunc::regprocedure, castcontext, castmethod)
      FROM pg_cast WHERE ${OF_THE_TYPES('ARRAY[castsource, casttarget]')}`,
  },
  {
    name: 'types',
    query: `SELECT format('%s %s %s %s %s %s %s %s %s %s', typname, typlen, typbyval, typcategory, typispreferred, typalign, typinput, typoutput, typreceive, typsend, typmodin)
      FROM pg_type WHERE oid IN ('vector'::regtype, 'halfvec'::regtype)`,
  },
  {
    name: 'btree operator classes',
    query: `SELECT format('%s for %s default %s: %s %s %s', opcname, opcintype::regtype, opcdefault, amopstrategy, amopopr::regoperator, amproc)
      FROM pg_opclass JOIN pg_am ON pg_am.oid = opcmethod AND amname = 'btree' JOIN pg_amop ON amopfamily = opcfamily JOIN pg_amproc ON amprocfamily = opcfamily
      WHERE opcintype IN ('vector'::regtype, 'halfvec'::regtype)`,
  },
];

/**
 * The architecture, as rules. A concept imports concepts of lower rank or its own folder; concepts of one rank meet in a composition root.
 * test/architecture/dependencies.test.ts proves that these rules read the modules and can fail.
 */
const ranks = [
  ['core'],
  ['message', 'claim-check', 'retry'],
  ['topic', 'unit-of-work', 'topology'],
  ['consumer', 'inbox', 'outbox', 'dlq', 'queue', 'schedule', 'event-store'],
  ['saga', 'projection', 'request-reply'],
  ['observability', 'security', 'ops'],
  ['runtime'],
  ['local', 'simulation', 'testing'],
  ['cli'],
  ['app'],
];

const folder = (names) => `^lib/(${names.join('|')})/`;
const construct = '\\.construct\\.ts$';
const cdkOnly = '(\\.construct\\.ts$|^lib/infra/|^lib/constructs\\.ts$|^bin/|\\.stack\\.ts$)';

/** Handlers that the library's own constructs deploy; every other one belongs to a reference application. */
const ownHandlers = '^lambdas/(outbox-|failure-|operations)';

/** Concepts above every other that are two views of one thing: the engines, and the engines under virtual time. */
const mayMeet = new Set(['local', 'simulation', 'testing']);

const rankRules = ranks.flatMap((names, rank) =>
  names.map((name) => {
    const peers = names.filter((peer) => peer !== name && !(mayMeet.has(name) && mayMeet.has(peer)));
    const forbidden = [...peers, ...ranks.slice(rank + 1).flat()];
    return {
      name: `rank-${name}`,
      comment: `lib/${name} imports lower ranks and itself; what it shares with its peers is composed above it.`,
      severity: 'error',
      from: { path: `^lib/${name}/`, pathNot: construct },
      to: { path: forbidden.length > 0 ? folder(forbidden) : '^no-higher-rank$' },
    };
  }),
);

module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', comment: 'A cycle is one module in two files.', from: {}, to: { circular: true } },
    {
      name: 'no-unresolvable',
      severity: 'error',
      comment: 'An import names something that exists.',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'cdk-stays-in-constructs',
      severity: 'error',
      comment: 'Only constructs, infra and stacks import the CDK: a Lambda bundle must never contain it.',
      from: { path: '^(lib|lambdas)/', pathNot: cdkOnly },
      to: { path: 'node_modules/(aws-cdk-lib|constructs|cdk-nag|cdk-monitoring-constructs)/' },
    },
    {
      name: 'runtime-knows-no-construct',
      severity: 'error',
      comment: 'Infrastructure and runtime meet only in a .contract file.',
      from: { path: '^(lib|lambdas)/', pathNot: cdkOnly },
      to: { path: '(\\.construct\\.ts$|^lib/infra/|^lib/constructs\\.ts$)' },
    },
    {
      name: 'lambdas-never-reach-cdk',
      severity: 'error',
      comment: 'Not even through a chain of imports.',
      from: { path: '^(lambdas/|lib/app/.*\\.handler\\.ts$)' },
      to: { path: 'node_modules/(aws-cdk-lib|constructs)/', reachable: true },
    },
    {
      name: 'contracts-import-nothing',
      severity: 'error',
      comment: 'A contract is what both sides agree on; it drags neither side along.',
      from: { path: '\\.contract\\.ts$' },
      to: { pathNot: '\\.contract\\.ts$' },
    },
    {
      name: 'nothing-imports-the-app',
      severity: 'error',
      comment: 'The reference applications stand on the library, never under it.',
      from: { path: `^lib/|${ownHandlers}`, pathNot: '^lib/app/' },
      to: { path: '^lib/app/' },
    },
    {
      name: 'app-uses-public-entries',
      severity: 'error',
      comment: 'The reference applications and their handlers import what any user can import.',
      from: { path: '^(lib/app/|lambdas/)', pathNot: ownHandlers },
      to: { path: '^lib/', pathNot: '^lib/(app/|(index|constructs|testing|local)\\.ts$)' },
    },
    ...rankRules,
  ],
  options: {
    parser: 'swc',
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: { conditionNames: ['import', 'node', 'default'], extensions: ['.ts', '.js', '.json'] },
  },
};

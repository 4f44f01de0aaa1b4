import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { GithubStack } from '../../lib/app/github/github.stack.ts';
import * as constructs from '../../lib/constructs.ts';
import { bundleHandlers } from '../../lib/infra/bundle.ts';
import { resources, testApp } from '../infra/fixtures/stack.ts';

const project = join(import.meta.dirname, '../..');
const handlers = readdirSync(join(project, 'lambdas'));

/** What a minified handler may weigh, in bytes: two or three SDK clients, logger and metrics, the runtime and its schemas, and a little to grow. */
const BUDGET = 500_000;

/** What the library deploys in every stack has less: three SDK clients, logger and metrics, and no schemas. */
const OWN_BUDGET = 375_000;

/** The operations function alone looks at everything: six SDK clients. Nobody waits for its cold start but an operator. */
const OPERATIONS_BUDGET = 760_000;

/** The indexer runs behind queues that can wait; a client of S3 alone is a third of it. */
const INDEXER_BUDGET = 560_000;

/** What may pause has clients of Lambda and the Scheduler beside the others. */
const PAUSING_BUDGET = 640_000;

const budgetOf = (entry: string) => {
  if (entry === 'notify-maintainers.ts') return PAUSING_BUDGET;
  if (entry === 'failure-indexer.ts') return INDEXER_BUDGET;
  if (entry === 'operations.ts') return OPERATIONS_BUDGET;
  return entry.startsWith('outbox-') ? OWN_BUDGET : BUDGET;
};

/** Construct classes that other constructs are made of. */
const PARTS = ['QueueWorker', 'Pausing'];

/** The handlers over the budget, with their bytes; throws, with the trail of imports, for one that reaches the CDK. */
function tooHeavy(entries: readonly string[]): readonly string[] {
  const { bundles } = bundleHandlers(entries);
  const sizes = [...bundles.values()].map(({ entry, files }) => [basename(entry), files.get('index.mjs')?.length ?? 0] as const);
  expect(sizes.filter(([, bytes]) => bytes > 0)).toHaveLength(entries.length);
  return sizes.filter(([entry, bytes]) => bytes > budgetOf(entry)).map(([entry, bytes]) => `${entry}: ${bytes}`);
}

/** Files that no function is made of, or more than one, and functions without a file of their name. */
function strays(files: readonly string[], functions: readonly string[]): readonly string[] {
  const names = files.map((file) => basename(file, '.ts'));
  return [
    ...names.filter((name) => functions.filter((deployed) => deployed === name).length !== 1),
    ...functions.filter((deployed) => !names.includes(deployed)),
  ];
}

describe('every deployed handler', () => {
  test('is free of the CDK and within its budget of bytes', () => {
    expect(tooHeavy(handlers.map((handler) => join(project, 'lambdas', handler)))).toEqual([]);
  });

  test('is deployed by exactly one function, which has its name', () => {
    const stack = new GithubStack(testApp({ context: { 'aws:cdk:bundling-stacks': [] } }), 'inventory');
    const deployed = resources(stack, 'AWS::Lambda::Function').map(({ FunctionName }) => String(FunctionName).replace(/^inventory-/, ''));
    expect(deployed.length).toBeGreaterThan(3);
    expect(strays(handlers, deployed)).toEqual([]);
  });
});

describe('every construct', () => {
  test('is public', () => {
    const files = readdirSync(join(project, 'lib'), { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.construct.ts'));
    const classes = files.flatMap((file) => classesOf(readFileSync(join(project, 'lib', file), 'utf8')));
    expect(classes.length).toBeGreaterThan(5);
    expect(classes.filter((name) => !(name in constructs) && !PARTS.includes(name))).toEqual([]);
  });
});

const classesOf = (source: string) => [...source.matchAll(/^export class (\w+)/gm)].map(([, name = '']) => name);

describe('these guards fail', () => {
  test('for a handler that outgrew the budget, with its name and bytes', () => {
    const folder = mkdtempSync(join(import.meta.dirname, '.heavy-'));
    try {
      const file = join(folder, 'charge-card.ts');
      writeFileSync(file, `export const handler = async () => ${JSON.stringify('x'.repeat(BUDGET))};\n`);
      expect(tooHeavy([file])).toEqual([expect.stringMatching(/^charge-card\.ts: 50\d{4}$/)]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('for a handler that nobody deploys, one that is deployed twice, and a function of another name', () => {
    expect(strays(['ship-order.ts', 'charge-card.ts'], ['ship-order', 'charge-card'])).toEqual([]);
    expect(strays(['ship-order.ts', 'charge-card.ts'], ['ship-order'])).toEqual(['charge-card']);
    expect(strays(['ship-order.ts'], ['ship-order', 'ship-order'])).toEqual(['ship-order']);
    expect(strays(['ship-order.ts'], ['ship-order', 'bill'])).toEqual(['bill']);
  });

  test('for a construct that the entry does not export', () => {
    expect(classesOf('export class Hidden extends Construct {\n').filter((name) => !(name in constructs))).toEqual(['Hidden']);
  });
});

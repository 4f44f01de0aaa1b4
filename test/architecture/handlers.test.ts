import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { GithubStack } from '../../lib/app/github/github.stack.ts';
import * as constructs from '../../lib/constructs.ts';
import { bundleHandlers } from '../../lib/infra/bundle.ts';
import { resources, testApp } from '../infra/fixtures/stack.ts';

const project = join(import.meta.dirname, '../..');
const handlers = readdirSync(join(project, 'lambdas'));

/** What a minified handler may weigh, in bytes: three SDK clients, the logger, the runtime and its schemas, and a tenth to grow. */
const BUDGET = 480_000;

/** Construct classes that other constructs are made of. */
const PARTS = ['QueueWorker'];

describe('every deployed handler', () => {
  test('is free of the CDK and within its budget of bytes', () => {
    const entries = handlers.map((handler) => join(project, 'lambdas', handler));
    const { bundles } = bundleHandlers(entries);
    const sizes = [...bundles.values()].map(
      ({ entry, files }) => [entry, files.get('index.mjs')?.length ?? Number.POSITIVE_INFINITY] as const,
    );
    expect(sizes).toHaveLength(handlers.length);
    expect(sizes.filter(([, bytes]) => bytes > BUDGET)).toEqual([]);
  });

  test('is deployed by exactly one function, which has its name', () => {
    const stack = new GithubStack(testApp({ context: { 'aws:cdk:bundling-stacks': [] } }), 'inventory');
    const deployed = resources(stack, 'AWS::Lambda::Function').map(
      ({ FunctionName }) => `${String(FunctionName).replace(/^inventory-/, '')}.ts`,
    );
    expect(deployed.sort()).toEqual([...handlers].sort());
  });
});

describe('every construct', () => {
  test('is public', () => {
    const files = readdirSync(join(project, 'lib'), { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.construct.ts'));
    const classes = files.flatMap((file) => {
      const source = readFileSync(join(project, 'lib', file), 'utf8');
      return [...source.matchAll(/^export class (\w+)/gm)].map(([, name = '']) => name);
    });
    expect(classes.length).toBeGreaterThan(5);
    expect(classes.filter((name) => !(name in constructs) && !PARTS.includes(name))).toEqual([]);
  });
});

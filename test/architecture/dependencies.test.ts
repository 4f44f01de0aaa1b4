import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { cruise, type ICruiseResult } from 'dependency-cruiser';
import { afterEach, describe, expect, test } from 'vitest';

const project = join(import.meta.dirname, '../..');
const configuration = createRequire(import.meta.url)('../../.dependency-cruiser.cjs');

async function violations(baseDir: string, folders: string[]): Promise<ICruiseResult['summary'] & { modules: number }> {
  const { forbidden, options } = configuration;
  const { output } = await cruise(folders, { ...options, tsConfig: undefined, validate: true, ruleSet: { forbidden }, baseDir });
  const result = output as ICruiseResult;
  return { ...result.summary, modules: result.modules.filter((module) => module.source.startsWith('lib/')).length };
}

describe('the graph guard', () => {
  test('reads every module of the library and finds no forbidden dependency', async () => {
    const sources = readdirSync(join(project, 'lib'), { recursive: true }).filter((file) => String(file).endsWith('.ts'));
    const summary = await violations(project, ['lib', 'lambdas', 'bin']);
    expect(summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} -> ${to}`)).toEqual([]);
    expect(summary.modules).toBe(sources.length);
  });
});

describe('the graph guard fails', () => {
  let planted = '';
  afterEach(() => rmSync(planted, { recursive: true, force: true }));

  function plant(files: Record<string, string>): string {
    planted = mkdtempSync(join(tmpdir(), 'posthaste-graph-'));
    symlinkSync(join(project, 'node_modules'), join(planted, 'node_modules'));
    for (const [file, content] of Object.entries({ 'lambdas/idle.ts': 'export const handler = async () => {};\n', ...files })) {
      mkdirSync(dirname(join(planted, file)), { recursive: true });
      writeFileSync(join(planted, file), content);
    }
    return planted;
  }

  async function brokenRules(files: Record<string, string>): Promise<string[]> {
    const summary = await violations(plant(files), ['lib', 'lambdas']);
    return [...new Set(summary.violations.map(({ rule }) => rule.name))];
  }

  const handler = {
    'lambdas/charge-card.ts': `import { queueName } from '../lib/topic/barrel.ts';\nexport const handler = async () => queueName;\n`,
  };

  test('for a CDK import behind a barrel', async () => {
    const broken = await brokenRules({
      ...handler,
      'lib/topic/barrel.ts': `export { queueName } from './queue-name.ts';\n`,
      'lib/topic/queue-name.ts': `import { Duration } from 'aws-cdk-lib';\nexport const queueName = Duration.days(1).toString();\n`,
    });
    expect(broken).toContain('cdk-stays-in-constructs');
    expect(broken).toContain('lambdas-never-reach-cdk');
  });

  test('for a CDK const imported through a construct', async () => {
    const broken = await brokenRules({
      ...handler,
      'lib/topic/barrel.ts': `export { queueName } from './queue.construct.ts';\n`,
      'lib/topic/queue.construct.ts': `import { Aws } from 'aws-cdk-lib';\nexport const queueName = Aws.REGION;\n`,
    });
    expect(broken).toContain('runtime-knows-no-construct');
    expect(broken).toContain('lambdas-never-reach-cdk');
  });

  test('for a CDK type, which no bundle would show', async () => {
    const broken = await brokenRules({
      ...handler,
      'lib/topic/barrel.ts': `import type { Duration } from 'aws-cdk-lib';\nexport const queueName = (age: Duration) => age.toSeconds();\n`,
    });
    expect(broken).toContain('cdk-stays-in-constructs');
  });

  test('for a concept that imports a higher one, a peer or a cycle', async () => {
    const broken = await brokenRules({
      'lib/topic/topic.ts': `import { consume } from '../consumer/consumer.ts';\nexport const topic = consume;\n`,
      'lib/consumer/consumer.ts': `import { inbox } from '../inbox/inbox.ts';\nexport const consume = inbox;\n`,
      'lib/inbox/inbox.ts': `import { row } from './row.ts';\nexport const inbox = row;\n`,
      'lib/inbox/row.ts': `import { inbox } from './inbox.ts';\nexport const row = () => inbox;\n`,
    });
    expect(broken).toEqual(expect.arrayContaining(['rank-topic', 'rank-consumer', 'no-circular']));
  });

  test('for an application that reaches behind the public entries', async () => {
    const broken = await brokenRules({
      'lib/app/orders/orders.ts': `import { inbox } from '../../inbox/inbox.ts';\nexport const orders = inbox;\n`,
      'lib/inbox/inbox.ts': 'export const inbox = 1;\n',
    });
    expect(broken).toContain('app-uses-public-entries');
  });

  test('for a handler of an application that does so', async () => {
    const broken = await brokenRules({
      'lambdas/place-order.ts': `import { inbox } from '../lib/inbox/inbox.ts';\nexport const handler = async () => inbox;\n`,
      'lib/inbox/inbox.ts': 'export const inbox = 1;\n',
    });
    expect(broken).toEqual(['app-uses-public-entries']);
  });

  test('for a library that knows its application, its runtime or its command line', async () => {
    const broken = await brokenRules({
      'lambdas/outbox-relay.ts': `import { orders } from '../lib/app/orders.ts';\nexport const handler = async () => orders;\n`,
      'lib/app/orders.ts': 'export const orders = 1;\n',
      'lib/outbox/outbox.ts': `import { createConsumer } from '../runtime/create-consumer.ts';\nexport const outbox = createConsumer;\n`,
      'lib/runtime/create-consumer.ts': `import { dev } from '../cli/dev.ts';\nexport const createConsumer = dev;\n`,
      'lib/cli/dev.ts': 'export const dev = 1;\n',
    });
    expect(broken.sort()).toEqual(['nothing-imports-the-app', 'rank-outbox', 'rank-runtime']);
  });
});

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { isPosthasteError } from '../../lib/core/errors.ts';
import { bundleHandlers } from '../../lib/infra/bundle.ts';

let folder: string;
const file = (name: string) => join(folder, name);
const write = (files: Record<string, string>) => {
  for (const [name, text] of Object.entries(files)) writeFileSync(file(name), text);
};
/** Bundles one handler and lets Node run the result from a place where nothing else can be imported. */
const run = async (name: string): Promise<unknown> => {
  const out = mkdtempSync(join(tmpdir(), 'bundle-'));
  writeFileSync(join(out, 'index.mjs'), bytesOf(bundleHandlers([file(name)]), name) as Uint8Array);
  const result = await (await import(pathToFileURL(join(out, 'index.mjs')).href)).handler();
  rmSync(out, { recursive: true });
  return result;
};
const bytesOf = (run: ReturnType<typeof bundleHandlers>, name: string) => run.bundles.get(file(name))?.files.get('index.mjs');

beforeAll(() => {
  // Inside the repository, so that imports of packages resolve as they do for an app.
  folder = mkdtempSync(join(import.meta.dirname, '.bundle-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('bundling', () => {
  test('gives every handler a directory of its own that Node runs as it is', async () => {
    write({
      'shared.ts': 'export const answer: number = 42;',
      'one.ts': "import { answer } from './shared.ts'; export const handler = async () => answer;",
      'two.ts': "import { createRequire } from 'node:module'; export const handler = async () => typeof createRequire;",
    });
    expect([await run('one.ts'), await run('two.ts')]).toEqual([42, 'function']);
  });

  test('includes dependencies written as CommonJS that require a Node built-in', async () => {
    write({
      'old.cjs': "const { EOL } = require('node:os'); module.exports = { EOL };",
      'modern.ts': "import old from './old.cjs'; export const handler = async () => old.EOL;",
    });
    expect(await run('modern.ts')).toBe('\n');
  });

  test('includes the SDK, which takes the credentials of the environment and carries no other source of them', async () => {
    write({
      'client.ts': `import { SQSClient } from '@aws-sdk/client-sqs';
        export const handler = () => new SQSClient({ region: 'eu-west-1' }).config.credentials().then(
          ({ accessKeyId, sessionToken }) => ({ accessKeyId, sessionToken }), ({ name }) => name);`,
    });
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIAEXAMPLE').stubEnv('AWS_SECRET_ACCESS_KEY', 'secret').stubEnv('AWS_SESSION_TOKEN', 'token');
    expect(await run('client.ts')).toEqual({ accessKeyId: 'AKIAEXAMPLE', sessionToken: 'token' });
    vi.stubEnv('AWS_ACCESS_KEY_ID', '');
    expect(await run('client.ts')).toBe('CredentialsProviderError');
    vi.unstubAllEnvs();
    const { metafile } = bundleHandlers([file('client.ts')]);
    expect(Object.keys(metafile.inputs).filter((input) => /credential-provider-(sso|ini|process|login|web)/.test(input))).toEqual([]);
  });

  test('gives equal bytes and an equal hash whatever else is bundled in the same run', () => {
    const alone = bundleHandlers([file('one.ts')]);
    const together = bundleHandlers([file('two.ts'), file('one.ts'), file('one.ts')]);
    expect(together.bundles.size).toBe(2);
    expect(together.bundles.get(file('one.ts'))?.hash).toBe(alone.bundles.get(file('one.ts'))?.hash);
    expect(Buffer.compare(bytesOf(alone, 'one.ts') as Uint8Array, bytesOf(together, 'one.ts') as Uint8Array)).toBe(0);
  });

  test('changes the hash when the code changes', () => {
    const before = bundleHandlers([file('one.ts')]).bundles.get(file('one.ts'))?.hash;
    write({ 'shared.ts': 'export const answer: number = 43;' });
    expect(bundleHandlers([file('one.ts')]).bundles.get(file('one.ts'))?.hash).not.toBe(before);
  });

  test('keeps the names of classes and functions, which error types and log lines show', () => {
    write({
      'named.ts': 'class OrderRejectedError extends Error {} export const handler = () => new OrderRejectedError().constructor.name;',
    });
    expect(Buffer.from(bytesOf(bundleHandlers([file('named.ts')]), 'named.ts') as Uint8Array).toString()).toContain('"OrderRejectedError"');
  });

  test('adds a source map only when asked', () => {
    expect([
      ...(bundleHandlers([file('one.ts')], { sourceMaps: true })
        .bundles.get(file('one.ts'))
        ?.files.keys() ?? []),
    ]).toEqual(['index.mjs', 'index.mjs.map']);
    expect([
      ...(bundleHandlers([file('one.ts')])
        .bundles.get(file('one.ts'))
        ?.files.keys() ?? []),
    ]).toEqual(['index.mjs']);
  });
});

describe('a CDK import in a handler', () => {
  const refusal = (entry: string): string => {
    try {
      bundleHandlers([file(entry)]);
    } catch (error) {
      expect(isPosthasteError(error, 'CDK_IN_BUNDLE')).toBe(true);
      return (error as Error).message;
    }
    return 'accepted';
  };

  test('is refused with the trail that leads to it, even behind a barrel', () => {
    write({
      'queue.construct.ts': "import { Queue } from 'aws-cdk-lib/aws-sqs'; export const makeQueue = () => Queue; export const LIMIT = 10;",
      'barrel.ts': "export * from './queue.construct.ts'; export * from './shared.ts';",
      'planted.ts': "import { answer } from './barrel.ts'; export const handler = async () => answer;",
    });
    const lines = refusal('planted.ts')
      .split('\n')
      .map((line) => line.trim().replace(/.*\/\.bundle-\w+\//, ''));
    expect(lines.slice(1, 5)).toEqual(['planted.ts', 'barrel.ts', 'queue.construct.ts', '→ aws-cdk-lib/aws-sqs']);
  });

  test('is refused for the sake of a constant that lives beside a construct', () => {
    write({ 'constant.ts': "import { LIMIT } from './queue.construct.ts'; export const handler = async () => LIMIT;" });
    expect(refusal('constant.ts')).toContain('aws-cdk-lib/aws-sqs');
  });

  test('is refused when only its side effects are imported, as an inline type import leaves behind', () => {
    write({ 'inline.ts': "import { type Queue } from 'aws-cdk-lib/aws-sqs'; export const handler = async (queue: Queue) => queue;" });
    expect(refusal('inline.ts')).toContain('aws-cdk-lib/aws-sqs');
  });

  test('is refused when it is dynamic', () => {
    write({ 'lazy.ts': "export const handler = async () => import('constructs');" });
    expect(refusal('lazy.ts')).toContain('constructs');
  });

  test('is fine as a type: nothing of it is left', () => {
    write({ 'typed.ts': "import type { Queue } from 'aws-cdk-lib/aws-sqs'; export const handler = async (queue: Queue) => queue;" });
    expect(refusal('typed.ts')).toBe('accepted');
  });

  test('names each handler that has one, and only those', () => {
    let message = '';
    try {
      bundleHandlers([file('planted.ts'), file('one.ts'), file('constant.ts')]);
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message).toMatch(/planted\.ts[\s\S]*constant\.ts/);
    expect(message).not.toContain('one.ts\n');
  });
});

import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type App, Duration, Stack, Stage } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Table } from 'aws-cdk-lib/aws-dynamodb';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { HandlerFunction } from '../../lib/constructs.ts';
import { actionsOf, ENTRY, OTHER_ENTRY, resources, statements, testApp, testStack } from './fixtures/stack.ts';

const esbuild = vi.hoisted(() => ({ calls: [] as string[][] }));
vi.mock('esbuild', async (original) => {
  const actual = await original<typeof import('esbuild')>();
  const buildSync: typeof actual.buildSync = (options) => {
    esbuild.calls.push(Object.values(options.entryPoints as Record<string, string>));
    return actual.buildSync(options);
  };
  return { ...actual, buildSync };
});

describe('a handler function', () => {
  test('runs on Node.js 24 and arm64, with JSON logs that are kept a month', () => {
    const stack = testStack();
    new HandlerFunction(stack, 'place-order', { entry: ENTRY });
    expect(resources(stack, 'AWS::Lambda::Function')[0]).toMatchObject({
      FunctionName: 'test-place-order',
      Handler: 'index.handler',
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      MemorySize: 512,
      Timeout: 30,
      LoggingConfig: { LogFormat: 'JSON' },
      Environment: {
        Variables: { POWERTOOLS_SERVICE_NAME: 'place-order', POWERTOOLS_METRICS_NAMESPACE: 'Posthaste', POSTHASTE_STACK: 'test' },
      },
    });
    expect(resources(stack, 'AWS::Logs::LogGroup')).toEqual([{ LogGroupName: '/aws/lambda/test-place-order', RetentionInDays: 30 }]);
  });

  test('may write to its own log group and do nothing else, without any managed policy', () => {
    const stack = testStack();
    new HandlerFunction(stack, 'place-order', { entry: ENTRY });
    const found = statements(stack, 'placeorderrole');
    expect(actionsOf(found)).toEqual(['logs:CreateLogStream', 'logs:PutLogEvents']);
    expect(JSON.stringify(found[0]?.Resource)).toContain('placeorderlogs');
    expect(resources(stack, 'AWS::IAM::Role')[0]).not.toHaveProperty('ManagedPolicyArns');
  });

  test('of a producer may write, in its units, the tables it is granted', () => {
    const stack = testStack();
    const table = Table.fromTableArn(stack, 'orders', 'arn:aws:dynamodb:us-east-1:111111111111:table/orders');
    new HandlerFunction(stack, 'place-order', { entry: ENTRY }).grantWrite(table);
    expect(statements(stack, 'placeorderrole')[1]).toMatchObject({
      Action: ['ConditionCheckItem', 'DeleteItem', 'GetItem', 'PutItem', 'UpdateItem'].map((action) => `dynamodb:${action}`),
      Resource: table.tableArn,
    });
  });

  test('refuses a handler file that does not exist, and says how to name one', () => {
    expect(() => new HandlerFunction(testStack(), 'place-order', { entry: './nowhere.ts' })).toThrow(
      /^test: the handler file .*nowhere\.ts does not exist; give "entry" as new URL/,
    );
  });

  test.each([
    [{ timeout: 2 }, /place-order: timeout is 2 s; Lambda allows 900 s at most, and under 3 s/],
    [{ memorySize: 100 }, /place-order: memorySize is 100; Lambda takes whole megabytes from 128 to 10240/],
    [{ timeout: 5.5 }, /timeout of "place-order" is 5500 ms; Lambda counts whole seconds/],
    [
      { environment: { POWERTOOLS_METRICS_DISABLED: 'true' } },
      /place-order: environment sets POWERTOOLS_METRICS_DISABLED; alarms look for .*: remove it/,
    ],
    [{ environment: { POSTHASTE_STACK: 'another' } }, /place-order: environment sets POSTHASTE_STACK; alarms look for .* its stack's/],
    [{ name: 'PlaceOrder' }, /the name "PlaceOrder" must be kebab-case/],
  ])('refuses %j', (props, message) => {
    const { timeout, ...rest } = { timeout: undefined, ...props } as { timeout?: number };
    const given = timeout === undefined ? rest : { ...rest, timeout: Duration.millis(timeout * 1000) };
    expect(() => new HandlerFunction(testStack(), 'place-order', { entry: ENTRY, ...given })).toThrow(message);
  });
});

describe('the bundles of an app', () => {
  let outdir: string;
  beforeEach(() => {
    outdir = mkdtempSync(join(tmpdir(), 'assembly-'));
    esbuild.calls.length = 0;
  });
  afterEach(() => rmSync(outdir, { recursive: true }));
  const synthesize = (app: App) => app.synth().stacks.map(({ template }) => Object.values(template.Resources as Record<string, Resource>));
  const functionsOf = (all: readonly Resource[]) => all.filter(({ Type }) => Type === 'AWS::Lambda::Function');

  test('come from one esbuild call, over every stack and stage, and lie where the template says', () => {
    const app = testApp({ outdir, context: { 'aws:cdk:enable-asset-metadata': true } });
    for (const scope of [app, new Stage(app, 'prod')]) {
      const stack = new Stack(scope, 'orders');
      new HandlerFunction(stack, 'one', { entry: ENTRY });
      new HandlerFunction(stack, 'two', { entry: OTHER_ENTRY });
    }
    const [functions = []] = synthesize(app).map(functionsOf);
    expect(esbuild.calls.map((entries) => entries.length)).toEqual([2]);
    expect(functions).toHaveLength(2);
    for (const { Metadata, Properties } of functions) {
      const path = String(Metadata?.['aws:asset:path']);
      expect(readdirSync(join(outdir, path))).toEqual(['index.mjs']);
      expect(`${path}.zip`).toBe(`asset.${Properties.Code.S3Key}`);
    }
    const nested = join(outdir, 'assembly-prod');
    const assets = Object.values((app.synth().getNestedAssembly('assembly-prod').stacks[0]?.assets ?? []) as { path: string }[]);
    expect(assets.every(({ path }) => existsSync(join(nested, path)))).toBe(true);
  });

  test('are equal in two runs, so an unchanged handler is never deployed again', () => {
    const hashes = [1, 2].map(() => {
      const app = testApp({ outdir });
      new HandlerFunction(new Stack(app, 'orders'), 'one', { entry: ENTRY });
      return synthesize(app).flatMap(functionsOf)[0]?.Properties.Code.S3Key;
    });
    expect(hashes[0]).toMatch(/^[0-9a-f]{64}\.zip$/);
    expect(new Set(hashes).size).toBe(1);
  });

  test('come with source maps, and functions that use them, when the app’s context asks for them', () => {
    const app = testApp({ outdir, context: { 'posthaste:sourceMaps': true, 'aws:cdk:enable-asset-metadata': true } });
    new HandlerFunction(new Stack(app, 'orders'), 'one', { entry: ENTRY });
    const [fn] = synthesize(app).flatMap(functionsOf);
    expect(readdirSync(join(outdir, String(fn?.Metadata?.['aws:asset:path'])))).toEqual(['index.mjs', 'index.mjs.map']);
    expect(fn?.Properties.Environment.Variables['NODE_OPTIONS']).toBe('--enable-source-maps');
  });

  test('hold no native module: the construct, the handler, the module and the cure are named', () => {
    const app = testApp({ outdir });
    const stack = new Stack(app, 'orders');
    const native = join(outdir, 'native.ts');
    writeFileSync(native, "export { default as handler } from './image.node';");
    writeFileSync(join(outdir, 'image.node'), '');
    new HandlerFunction(stack, 'one', { entry: ENTRY });
    new HandlerFunction(stack, 'two', { entry: native });
    expect(() => app.synth()).toThrow(
      /orders\/two: the handler .*native\.ts imports a native module \(.*image\.node\), .*; use a package written in JavaScript/,
    );
  });

  test('are not made for commands that need none', () => {
    const stack = testStack();
    new HandlerFunction(stack, 'one', { entry: ENTRY });
    Template.fromStack(stack);
    expect(esbuild.calls).toEqual([]);
  });

  test('give the function a version that changes only with its code', () => {
    const app = testApp({ outdir });
    const stack = new Stack(app, 'orders');
    const one = new HandlerFunction(stack, 'one', { entry: ENTRY });
    one.addEnvironment('VERSION', one.codeVersion);
    const found = synthesize(app).flatMap(functionsOf)[0]?.Properties;
    expect(found?.Code.S3Key.slice(0, 12)).toBe(found?.Environment.Variables['VERSION']);
  });
});

interface Resource {
  readonly Type: string;
  readonly Metadata?: Readonly<Record<string, unknown>>;
  readonly Properties: { readonly Code: { readonly S3Key: string }; readonly Environment: { readonly Variables: Record<string, string> } };
}

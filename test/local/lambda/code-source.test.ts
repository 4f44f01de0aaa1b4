import { existsSync } from 'node:fs';
import { strToU8, zipSync } from 'fflate';
import { expect, test } from 'vitest';
import { createLambdaWorld, ROLE } from './lambda-world.ts';

const settings = { Runtime: 'nodejs24.x', Role: ROLE, Handler: 'index.handler' };
const zip = (files: Record<string, string>) =>
  zipSync(Object.fromEntries(Object.entries(files).map(([name, text]) => [name, strToU8(text)])));
const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
const answering = (value: unknown) => `export const handler = async () => ${JSON.stringify(value)};`;

test('a zip in the call is unpacked and runs; closing the engine removes it', async () => {
  const world = createLambdaWorld();
  await world.call('CreateFunction', {
    ...settings,
    FunctionName: 'zipped',
    Code: { ZipFile: base64(zip({ 'index.mjs': answering('from zip') })) },
  });
  expect(await world.lambda.invoke('zipped', {})).toEqual({ kind: 'result', payload: 'from zip' });
  const location = String(((await world.call('GetFunction', { FunctionName: 'zipped' }))['Code'] as { Location: string }).Location).replace(
    'file://',
    '',
  );
  expect(existsSync(location)).toBe(true);
  await world[Symbol.asyncDispose]();
  expect(existsSync(location)).toBe(false);
});

test('a zip in a bucket is fetched as the caller of CreateFunction', async () => {
  await using world = createLambdaWorld({ answer: () => ({ Body: zip({ 'index.mjs': answering('from s3') }) }) });
  await world.call('CreateFunction', { ...settings, FunctionName: 'stored', Code: { S3Bucket: 'assets', S3Key: 'a.zip' } });
  expect(world.calls[0]).toMatchObject({
    service: 's3',
    action: 'GetObject',
    input: { Bucket: 'assets', Key: 'a.zip' },
    caller: { kind: 'developer' },
  });
  expect(await world.lambda.invoke('stored', {})).toEqual({ kind: 'result', payload: 'from s3' });
});

test.each<[string, Record<string, unknown>, RegExp]>([
  ['bytes that are no zip', { ZipFile: base64(strToU8('nonsense')) }, /Could not unzip/],
  ['an empty zip', { ZipFile: base64(zip({})) }, /non-empty zip|Could not unzip/],
  ['a zip that climbs out of its directory', { ZipFile: base64(zip({ '../evil.mjs': 'x' })) }, /Could not unzip/],
  ['a directory that does not exist', { LocalDirectory: '/nowhere/at/all' }, /does not exist/],
  ['nothing', {}, /provide a source/],
])('refused as code: %s', async (_name, Code, message) => {
  await using world = createLambdaWorld();
  const attempt = world.call('CreateFunction', { ...settings, FunctionName: 'bad', Code });
  await expect(attempt).rejects.toMatchObject({ code: 'InvalidParameterValueException', message: expect.stringMatching(message) });
});

test.each<[string, Record<string, string>, string]>([
  [
    'a .js file without package.json is CommonJS, also below a project of modules',
    {
      '../package.json': '{"type":"module"}',
      'index.js': 'const { n } = require("./other"); exports.handler = async () => n;',
      'other.js': 'exports.n = 1;',
    },
    'index.handler',
  ],
  [
    'a .js file with module syntax is a module',
    { 'index.js': 'import { sep } from "node:path"; export const handler = async () => sep.length;' },
    'index.handler',
  ],
  [
    'a package.json inside the code decides',
    { 'package.json': '{"type":"module"}', 'index.js': 'export const handler = async () => 1;' },
    'index.handler',
  ],
  ['a .cjs file is CommonJS', { 'index.cjs': 'module.exports.handler = async () => 1;' }, 'index.handler'],
  ['a handler may lie in a folder', { 'src/app/main.mjs': 'export const run = async () => 1;' }, 'src/app/main.run'],
  ['a handler may be a property', { 'index.mjs': 'export const api = { get: async () => 1 };' }, 'index.api.get'],
  [
    'a dependency in node_modules of the code is found',
    {
      'index.mjs': 'import n from "dep"; export const handler = async () => n;',
      'node_modules/dep/package.json': '{"main":"i.js"}',
      'node_modules/dep/i.js': 'module.exports = 1;',
    },
    'index.handler',
  ],
  [
    'the AWS SDK is part of the runtime',
    { 'index.mjs': 'import { SQSClient } from "@aws-sdk/client-sqs"; export const handler = async () => (SQSClient ? 1 : 0);' },
    'index.handler',
  ],
  [
    'the AWS SDK can be required',
    { 'index.js': 'const { SQSClient } = require("@aws-sdk/client-sqs"); exports.handler = async () => (SQSClient ? 1 : 0);' },
    'index.handler',
  ],
])('loading: %s', async (_name, files, Handler) => {
  await using world = createLambdaWorld();
  const LocalDirectory = world.directory(files);
  await world.call('CreateFunction', { ...settings, Handler, FunctionName: 'loaded', Code: { LocalDirectory } });
  expect(await world.lambda.invoke('loaded', {})).toEqual({ kind: 'result', payload: 1 });
});

test.each([
  ['import', { 'index.mjs': 'import above from "above"; export const handler = async () => above;' }],
  ['require', { 'index.js': 'const above = require("above"); exports.handler = async () => above;' }],
])('loading by %s: a package installed above the code does not exist on Lambda, so it does not here', async (_name, files) => {
  await using world = createLambdaWorld();
  const above = { '../node_modules/above/package.json': '{"main":"i.js"}', '../node_modules/above/i.js': 'module.exports = 1;' };
  await world.call('CreateFunction', {
    ...settings,
    FunctionName: 'careless',
    Code: { LocalDirectory: world.directory({ ...files, ...above }) },
  });
  expect(await world.lambda.invoke('careless', {})).toMatchObject({
    errorType: 'Runtime.ImportModuleError',
    errorMessage: expect.stringContaining('above'),
  });
});

test.each([
  ['no dot', 'handler', 'Runtime.MalformedHandlerName'],
  ['a path upwards', '../x.handler', 'Runtime.MalformedHandlerName'],
  ['no file', 'other.handler', 'Runtime.ImportModuleError'],
])('a Handler setting with %s fails at the first invocation', async (_name, Handler, errorType) => {
  await using world = createLambdaWorld();
  await world.define('odd', answering(1), { Handler });
  expect(await world.lambda.invoke('odd', {})).toMatchObject({ kind: 'error', errorType });
});

test('new code and new settings take effect with the next invocation', async () => {
  await using world = createLambdaWorld();
  const arn = await world.define('changing', 'export const handler = async () => ["old", process.env.MODE ?? null];');
  await world.lambda.invoke(arn, {});
  await world.call('UpdateFunctionConfiguration', { FunctionName: 'changing', Environment: { Variables: { MODE: 'x' } } });
  expect(await world.lambda.invoke(arn, {})).toEqual({ kind: 'result', payload: ['old', 'x'] });
  await world.call('UpdateFunctionCode', { FunctionName: 'changing', LocalDirectory: world.directory({ 'index.mjs': answering('new') }) });
  expect(await world.lambda.invoke(arn, {})).toEqual({ kind: 'result', payload: 'new' });
  expect(world.lambda.count('changing').instances).toBe(1);
});

test('a published version keeps its code while $LATEST moves on', async () => {
  await using world = createLambdaWorld();
  const arn = await world.define('versioned', answering('one'));
  expect(await world.call('PublishVersion', { FunctionName: 'versioned' })).toMatchObject({ Version: '1', FunctionArn: `${arn}:1` });
  await world.call('CreateAlias', { FunctionName: 'versioned', Name: 'live', FunctionVersion: '1' });
  await world.call('UpdateFunctionCode', { FunctionName: 'versioned', LocalDirectory: world.directory({ 'index.mjs': answering('two') }) });
  expect(await world.lambda.invoke(`${arn}:live`, {})).toEqual({ kind: 'result', payload: 'one' });
  expect(await world.lambda.invoke(arn, {})).toEqual({ kind: 'result', payload: 'two' });
  expect(await world.call('PublishVersion', { FunctionName: 'versioned' })).toMatchObject({ Version: '2' });
  expect(await world.call('PublishVersion', { FunctionName: 'versioned' })).toMatchObject({ Version: '2' });
});

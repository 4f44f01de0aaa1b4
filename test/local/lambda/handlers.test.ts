import { afterAll, beforeAll, expect, test } from 'vitest';
import { createFakeClock } from '../fake-clock.ts';
import { createLambdaWorld, decode, encode, type LambdaWorld } from './lambda-world.ts';

let world: LambdaWorld;
beforeAll(() => {
  world = createLambdaWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

const run = async (name: string, source: string, event: unknown = {}, settings = {}) =>
  world.lambda.invoke(await world.define(name, source, settings), event);

test('a handler gets the event and returns its result', async () => {
  expect(await run('echo', 'export const handler = async (event) => ({ got: event.n + 1 });', { n: 1 })).toEqual({
    kind: 'result',
    payload: { got: 2 },
  });
});

test('a handler that returns nothing has the payload null on the wire and undefined for callers inside', async () => {
  const arn = await world.define('nothing', 'export const handler = async () => {};');
  expect(await world.lambda.invoke(arn, {})).toEqual({ kind: 'result', payload: undefined });
  expect(decode(await world.call('Invoke', { FunctionName: 'nothing' }))).toBeNull();
});

test('the context and the environment are those of Lambda', async () => {
  const source = `export const handler = async (event, context) => ({ context, left: context.getRemainingTimeInMillis(), env: process.env, cwd: process.cwd() });`;
  const arn = await world.define('context', source, {
    Timeout: 9,
    MemorySize: 256,
    Environment: { Variables: { MINE: 'yes', NODE_OPTIONS: '--inspect' } },
  });
  const outcome = await world.lambda.invoke(`${arn}:$LATEST`, {});
  const { context, left, env, cwd } = (outcome as { payload: Record<string, Record<string, string>> }).payload;
  expect(context).toMatchObject({
    functionName: 'context',
    functionVersion: '$LATEST',
    memoryLimitInMB: '256',
    invokedFunctionArn: `${arn}:$LATEST`,
    logGroupName: '/aws/lambda/context',
    logStreamName: expect.stringMatching(/^\d{4}\/\d\d\/\d\d\/\[\$LATEST\][0-9a-f]{32}$/),
    awsRequestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    callbackWaitsForEmptyEventLoop: true,
  });
  expect(left).toBeGreaterThan(8_000);
  expect(left).toBeLessThanOrEqual(9_000);
  expect(env).toMatchObject({
    MINE: 'yes',
    AWS_LAMBDA_FUNCTION_NAME: 'context',
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '256',
    AWS_REGION: 'us-east-1',
    AWS_ENDPOINT_URL: 'http://127.0.0.1:4566',
    AWS_ACCESS_KEY_ID: 'AKIA-context',
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    LAMBDA_TASK_ROOT: cwd,
    _HANDLER: 'index.handler',
    TZ: ':UTC',
    _X_AMZN_TRACE_ID: expect.stringMatching(/^Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=0;Lineage=[0-9a-f]{8}:1$/),
  });
  expect(env).not.toHaveProperty('NODE_OPTIONS');
  expect(env).not.toHaveProperty('VITEST');
});

test('variables given to every function are there unless a function sets them itself', async () => {
  await using all = createLambdaWorld({ environment: { EVERYWHERE: 'yes', MINE: 'no' } });
  const source = 'export const handler = async () => [process.env.EVERYWHERE, process.env.MINE];';
  const arn = await all.define('everywhere', source, { Environment: { Variables: { MINE: 'mine' } } });
  expect(await all.lambda.invoke(arn, {})).toEqual({ kind: 'result', payload: ['yes', 'mine'] });
});

test('a second invocation finds the instance warm', async () => {
  const arn = await world.define('warm', 'let calls = 0; export const handler = async () => ++calls;');
  await world.lambda.invoke(arn, {});
  expect(await world.lambda.invoke(arn, {})).toEqual({ kind: 'result', payload: 2 });
  expect(world.events.filter(({ functionName }) => functionName === 'warm').map(({ cold }) => cold)).toEqual([true, false]);
});

test.each<[string, string, string, string | RegExp]>([
  ['throws', 'export const handler = async () => { throw new RangeError("boom"); };', 'RangeError', 'boom'],
  ['throws text', 'export const handler = async () => { throw "plain"; };', 'string', 'plain'],
  [
    'exits',
    'export const handler = async () => process.exit(0);',
    'Runtime.ExitError',
    /^RequestId: [0-9a-f-]{36} Error: Runtime exited without providing a reason$/,
  ],
  ['exits with 3', 'export const handler = async () => process.exit(3);', 'Runtime.ExitError', /Runtime exited with error: exit status 3$/],
  [
    'returns a cycle',
    'export const handler = async () => { const a = {}; a.a = a; return a; };',
    'Runtime.MarshalError',
    /Unable to stringify/,
  ],
  ['returns a bigint', 'export const handler = async () => 1n;', 'Runtime.MarshalError', /Unable to stringify/],
  [
    'loses a rejection',
    'export const handler = () => { Promise.reject(new Error("lost")); return new Promise(() => {}); };',
    'Runtime.UnhandledPromiseRejection',
    'Error: lost',
  ],
  [
    'throws outside',
    'export const handler = () => { setImmediate(() => { throw new TypeError("late"); }); return new Promise(() => {}); };',
    'TypeError',
    'late',
  ],
  ['returns too much', 'export const handler = async () => "x".repeat(6_291_555);', 'Function.ResponseSizeTooLarge', /\(6291556 bytes\)/],
  ['has no such export', 'export const other = 1;', 'Runtime.HandlerNotFound', 'index.handler is undefined or not exported'],
  ['exports no function', 'export const handler = 1;', 'Runtime.HandlerNotFound', 'index.handler is not a function'],
  ['has a syntax error', 'export const handler = async () => {', 'Runtime.UserCodeSyntaxError', /^SyntaxError/],
  [
    'imports what is not in the bundle',
    'import "vitest"; export const handler = async () => 1;',
    'Runtime.ImportModuleError',
    /Cannot find package 'vitest'/,
  ],
  ['fails while loading', 'throw new EvalError("init"); export const handler = async () => 1;', 'EvalError', 'init'],
  [
    'takes a callback',
    'export const handler = (event, context, callback) => callback(null, 1);',
    'Runtime.CallbackHandlerDeprecated',
    /Node\.js 24/,
  ],
])('a handler that %s ends as an error', async (name, source, errorType, errorMessage) => {
  const outcome = await run(name.replaceAll(' ', '-'), source);
  const message = typeof errorMessage === 'string' ? errorMessage : expect.stringMatching(errorMessage);
  expect(outcome).toEqual({ kind: 'error', errorType, errorMessage: message });
});

test('the largest answer that Lambda allows passes', async () => {
  const outcome = await run('large', 'export const handler = async () => "x".repeat(6_291_554);');
  expect(outcome.kind).toBe('result');
});

test('an instance that failed to load is tried again by the next invocation', async () => {
  const arn = await world.define('broken', 'throw new Error("again"); export const handler = async () => 1;');
  for (let attempt = 0; attempt < 2; attempt += 1) expect(await world.lambda.invoke(arn, {})).toMatchObject({ errorMessage: 'again' });
  expect(world.lambda.count('broken').instances).toBe(0);
});

test('after an exit the next invocation starts cold', async () => {
  const arn = await world.define(
    'exiting',
    'let calls = 0; export const handler = async (event) => event.exit ? process.exit(1) : ++calls;',
  );
  await world.lambda.invoke(arn, {});
  await world.lambda.invoke(arn, { exit: true });
  expect(await world.lambda.invoke(arn, {})).toEqual({ kind: 'result', payload: 1 });
});

test('a handler of an older runtime may use the callback', async () => {
  const source = 'export const handler = (event, context, callback) => setImmediate(() => callback(null, "called"));';
  expect(await run('callback', source, {}, { Runtime: 'nodejs22.x' })).toEqual({ kind: 'result', payload: 'called' });
});

test('a handler that allocates objects without end runs out of memory, and the engine lives on', async () => {
  const source = 'export const handler = async () => { const all = []; for (;;) all.push(new Array(100_000).fill(1.5)); };';
  expect(await run('heap', source)).toMatchObject({ kind: 'error', errorType: 'Runtime.OutOfMemory' });
  expect(await run('after-heap', 'export const handler = async () => 1;')).toEqual({ kind: 'result', payload: 1 });
});

test('a handler that allocates buffers without end is seen although its heap is small', async () => {
  const source =
    'export const handler = async () => { const all = []; for (;;) { all.push(Buffer.alloc(1_000_000, 1)); if (all.length > 400) all.length = 300; } };';
  expect(await run('buffers', source, {}, { Timeout: 30 })).toMatchObject({ kind: 'error', errorType: 'Runtime.OutOfMemory' });
});

test.each([
  ['hangs', 'await new Promise(() => {})'],
  ['spins', 'for (;;);'],
])('a handler that %s is ended at its timeout', async (name, body) => {
  const clock = createFakeClock();
  await using fake = createLambdaWorld({ clock });
  const arn = await fake.define(name, `export const handler = async () => { console.log("begun"); ${body} };`);
  const outcome = fake.lambda.invoke(arn, {});
  await fake.logged(name, 'begun');
  clock.advance(3_000);
  expect(await outcome).toEqual({
    kind: 'error',
    errorType: 'Sandbox.Timedout',
    errorMessage: expect.stringMatching(/^RequestId: [0-9a-f-]{36} Error: Task timed out after 3\.00 seconds$/),
  });
  expect(fake.lambda.count()).toEqual({ instances: 0, busy: 0 });
});

test('kill ends a busy instance in the middle of its work', async () => {
  const arn = await world.define('victim', 'export const handler = async () => { console.log("working"); await new Promise(() => {}); };');
  const outcome = world.lambda.invoke(arn, {});
  await world.logged('victim', 'working');
  expect(world.lambda.kill({ functionName: 'somebody-else' })).toBe(0);
  expect(world.lambda.kill({ functionName: 'victim' })).toBe(1);
  expect(await outcome).toEqual({ kind: 'error', errorType: 'Runtime.ExitError', errorMessage: expect.stringMatching(/signal: killed$/) });
});

test('console and the streams become log lines of the function, each with its request', async () => {
  const source =
    'export const handler = async () => { console.log("hello", { a: 1 }); console.error("bad"); process.stdout.write("raw 1\\nraw 2"); };';
  const arn = await world.define('logging', source);
  await world.lambda.invoke(arn, {});
  const lines = world.logs.filter(({ functionName }) => functionName === 'logging').map(({ line }) => line);
  expect(lines).toEqual([
    expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z\t[0-9a-f-]{36}\tINFO\thello \{ a: 1 \}$/),
    expect.stringMatching(/\tERROR\tbad$/),
    'raw 1',
    'raw 2',
  ]);
});

test('with the JSON log format a line is an object', async () => {
  const arn = await world.define('json-logs', 'export const handler = async () => { console.warn("careful"); };', {
    LoggingConfig: { LogFormat: 'JSON', LogGroup: '/mine' },
  });
  await world.lambda.invoke(arn, {});
  const { line = '', logGroup } = world.logs.find(({ functionName }) => functionName === 'json-logs') ?? {};
  expect(logGroup).toBe('/mine');
  expect(JSON.parse(line)).toEqual({ timestamp: expect.any(String), level: 'WARN', requestId: expect.any(String), message: 'careful' });
});

test.each([
  [
    'throw new RangeError("too far")',
    /^[\d:.TZ-]+\t[0-9a-f-]{36}\tERROR\tInvoke Error \t\{"errorType":"RangeError","errorMessage":"too far","stack":\[".+\]\}$/,
  ],
  ['process.exit(3)', /^RequestId: [0-9a-f-]{36} Error: Runtime exited with error: exit status 3\nRuntime\.ExitError$/],
  ['await new Promise(() => {})', /^[\d:.TZ-]+ [0-9a-f-]{36} Task timed out after 1\.00 seconds$/],
])('an invocation that ends by %s is in the log of its function', async (body, line) => {
  await using own = createLambdaWorld();
  const arn = await own.define('failing', `export const handler = async () => { ${body} };`, { Timeout: 1 });
  await own.lambda.invoke(arn, {});
  expect(own.logs.map((entry) => entry.line)).toEqual([expect.stringMatching(line)]);
});

test('with the JSON log format a failure is an object too', async () => {
  const source = 'export const handler = async ({ exit }) => { if (exit) process.exit(3); throw new RangeError("too far"); };';
  const arn = await world.define('json-failures', source, { LoggingConfig: { LogFormat: 'JSON' } });
  await world.lambda.invoke(arn, {});
  await world.lambda.invoke(arn, { exit: true });
  const [thrown, exited] = world.logs.filter(({ functionName }) => functionName === 'json-failures').map(({ line }) => JSON.parse(line));
  expect(thrown).toMatchObject({ level: 'ERROR', message: expect.stringContaining('"errorType":"RangeError","errorMessage":"too far"') });
  expect(exited).toMatchObject({ type: 'platform.report', record: { status: 'failure', errorType: 'Runtime.ExitError' } });
});

test('Invoke with LogType Tail returns the log of that invocation', async () => {
  await world.define('tail', 'export const handler = async () => { console.log("in the tail"); };');
  const output = await world.call('Invoke', { FunctionName: 'tail', LogType: 'Tail', Payload: encode({}) });
  const log = Buffer.from(String(output['LogResult']), 'base64').toString();
  expect(log).toMatch(/^START RequestId: [0-9a-f-]{36} Version: \$LATEST\n/);
  expect(log).toContain('in the tail');
  expect(log).toMatch(/REPORT RequestId: .*Memory Size: 128 MB\tMax Memory Used: \d+ MB\tInit Duration/);
});

test('a function error shows in Invoke as FunctionError with type, message and trace', async () => {
  await world.define('failing', 'export const handler = async () => { throw new TypeError("no"); };');
  const output = await world.call('Invoke', { FunctionName: 'failing' });
  expect(output).toMatchObject({ StatusCode: 200, FunctionError: 'Unhandled', ExecutedVersion: '$LATEST' });
  expect(decode(output)).toEqual({ errorType: 'TypeError', errorMessage: 'no', trace: expect.arrayContaining(['TypeError: no']) });
});

test('with --enable-source-maps in NODE_OPTIONS a trace names the source', async () => {
  const map = { version: 3, sources: ['original.ts'], names: [], mappings: 'AAAA' };
  const url = `data:application/json;base64,${Buffer.from(JSON.stringify(map)).toString('base64')}`;
  const source = `export const handler = async () => { throw new Error("mapped"); };\n//# sourceMappingURL=${url}`;
  await world.define('mapped', source, { Environment: { Variables: { NODE_OPTIONS: '--enable-source-maps' } } });
  const { trace } = decode(await world.call('Invoke', { FunctionName: 'mapped' })) as { trace: string[] };
  expect(trace.join('\n')).toContain('original.ts');
});

test('in a process of its own a handler behaves the same', async () => {
  await using isolated = createLambdaWorld({ isolation: 'process' });
  const arn = await isolated.define(
    'alone',
    'let calls = 0; export const handler = async (event) => { console.log("hi"); return event.exit ? process.exit(3) : { calls: ++calls, cwd: process.cwd(), root: process.env.LAMBDA_TASK_ROOT }; };',
  );
  await isolated.lambda.invoke(arn, {});
  const { payload } = (await isolated.lambda.invoke(arn, {})) as { payload: Record<string, unknown> };
  expect(payload['calls']).toBe(2);
  expect(payload['cwd']).toBe(payload['root']);
  expect(await isolated.lambda.invoke(arn, { exit: true })).toMatchObject({
    errorType: 'Runtime.ExitError',
    errorMessage: expect.stringMatching(/exit status 3$/),
  });
  expect(isolated.logs.map(({ line }) => line.split('\t').at(-1))).toEqual(['hi', 'hi', 'hi', expect.stringContaining('exit status 3')]);
});

import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { systemClock } from '../../../lib/core/clock.ts';
import { systemIds } from '../../../lib/core/ids.ts';
import { createRng } from '../../../lib/core/rng.ts';
import { type Aws, type AwsRequest, DEVELOPER, type Json, LOCAL_PLACE } from '../../../lib/local/aws.ts';
import type { InvocationEvent } from '../../../lib/local/lambda/executor.ts';
import { createLambda, type LambdaDeps, type LambdaEngine } from '../../../lib/local/lambda/lambda.ts';

export const ROLE = 'arn:aws:iam::000000000000:role/worker';

/** A Lambda engine with real threads, and what tests wait for. */
export interface LambdaWorld extends AsyncDisposable {
  readonly lambda: LambdaEngine;
  /** What the engine asked of other services. */
  readonly calls: AwsRequest[];
  readonly logs: { readonly functionName: string; readonly logStream: string; readonly line: string; readonly logGroup: string }[];
  readonly events: InvocationEvent[];
  call(action: string, input: Json): Promise<Json>;
  /** Writes files to a new directory and returns its path. */
  directory(files: Readonly<Record<string, string>>): string;
  /** Creates a function from the source of `index.mjs` and returns its ARN. */
  define(name: string, source: string, settings?: Json): Promise<string>;
  /** Resolves when `functionName` logs a line that contains `text`, now or later. */
  logged(functionName: string, text: string): Promise<void>;
  /** Resolves when `count` invocations have ended. */
  ended(count: number): Promise<void>;
}

export function createLambdaWorld(options: Partial<LambdaDeps> & { answer?: (request: AwsRequest) => Json } = {}): LambdaWorld {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'lambda-test-')));
  let directories = 0;
  const calls: AwsRequest[] = [];
  const logs: LambdaWorld['logs'] = [];
  const events: InvocationEvent[] = [];
  const waiters: { holds: () => boolean; resolve: () => void }[] = [];
  const settle = () => {
    for (const waiter of waiters) if (waiter.holds()) waiter.resolve();
  };
  const until = (holds: () => boolean) =>
    new Promise<void>((resolve) => {
      waiters.push({ holds, resolve });
      settle();
    });
  const answer = (request: AwsRequest): Json => {
    calls.push(request);
    return options.answer?.(request) ?? {};
  };
  const aws: Aws = { place: LOCAL_PLACE, callNow: answer, call: async (request) => answer(request) };
  const lambda = createLambda({
    clock: systemClock,
    ids: systemIds,
    rng: createRng(7),
    place: LOCAL_PLACE,
    aws: () => aws,
    credentials: (roleArn, sessionName) => ({ accessKeyId: `AKIA-${sessionName}`, secretAccessKey: roleArn, sessionToken: 'token' }),
    onLog: ({ functionName, logStream, logGroup }, line) => {
      logs.push({ functionName, logStream, line, logGroup });
      settle();
    },
    onInvocation: (event) => {
      events.push(event);
      settle();
    },
    ...options,
  });
  const call = async (action: string, input: Json): Promise<Json> => lambda.call({ service: 'lambda', action, input, caller: DEVELOPER });
  const directory = (files: Readonly<Record<string, string>>): string => {
    directories += 1;
    const path = join(root, `code-${directories}`);
    for (const [name, source] of Object.entries(files)) {
      mkdirSync(dirname(join(path, name)), { recursive: true });
      writeFileSync(join(path, name), source);
    }
    return path;
  };
  return {
    lambda,
    calls,
    logs,
    events,
    call,
    directory,
    async define(FunctionName, source, settings = {}) {
      const LocalDirectory = directory({ 'index.mjs': source });
      const defaults = { FunctionName, Runtime: 'nodejs24.x', Role: ROLE, Handler: 'index.handler', Code: { LocalDirectory } };
      return String((await call('CreateFunction', { ...defaults, ...settings }))['FunctionArn']);
    },
    logged: (functionName, text) => until(() => logs.some((log) => log.functionName === functionName && log.line.includes(text))),
    ended: (count) => until(() => events.length >= count),
    async [Symbol.asyncDispose]() {
      lambda.close();
      rmSync(root, { recursive: true, force: true });
    },
  };
}

/** A payload as the API carries it. */
export const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64');

/** The payload of an Invoke answer. */
export const decode = (output: Json): unknown => JSON.parse(Buffer.from(String(output['Payload']), 'base64').toString());

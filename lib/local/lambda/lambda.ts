import type { Clock } from '../../core/clock.ts';
import type { Ids } from '../../core/ids.ts';
import { type Rng, systemRng } from '../../core/rng.ts';
import { type Aws, AwsError, type AwsRequest, type Engine, type Json, type Place } from '../aws.ts';
import type { EventSourceMappings } from '../event-source-mapping/event-source-mappings.ts';
import { aliasActions } from './alias-actions.ts';
import { type AsyncInvocations, createAsyncInvocations } from './async-invocations.ts';
import { createCodeSource } from './code-source.ts';
import { concurrencyActions, recursionActions, reservedTotal, tagActions } from './concurrency-actions.ts';
import type { ControlPlane, LambdaActions } from './control-plane.ts';
import { createDestinationSender, type DeliveryFailure } from './destinations.ts';
import { createExecutor, type Executor, type InvocationEvent, type LogSink } from './executor.ts';
import { functionActions } from './function-actions.ts';
import { functionArn } from './function-name.ts';
import { createFunctionStore, type FunctionEntry, type FunctionStore, type FunctionUrl, resourceNotFound } from './function-store.ts';
import { invokeActions } from './invoke-actions.ts';
import { invokeConfigActions } from './invoke-config-actions.ts';
import { type InvokeOutcome, type Invoker, RECURSIVE_INVOCATION } from './invoker.ts';
import { mappingActions } from './mapping-actions.ts';
import { permissionActions, policyOfArn } from './permission-actions.ts';
import { createPool, type KillOptions, type Pool } from './pool.ts';
import { type StartSandbox, startProcess, startThread } from './sandbox.ts';
import type { Credentials } from './sandbox-environment.ts';
import { urlActions } from './url-actions.ts';

/** What the engine needs of the world, and how it may be bent. */
export interface LambdaDeps {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly place: Place;
  readonly aws: () => Aws;
  /** Fresh keys for a role; the gateway recognises the role by them. */
  readonly credentials: (roleArn: string, sessionName: string) => Credentials;
  /** Throws when a caller may not make a call; roles are judged by it, and every role will do without it. */
  readonly authorise?: (request: AwsRequest) => void;
  /** Event source mappings; without them their actions are refused. */
  readonly mappings?: () => EventSourceMappings | undefined;
  /** Weighted aliases, jitter, the victim of `kill`. */
  readonly rng?: Rng;
  /** Every line that a function logs. */
  readonly onLog?: LogSink;
  readonly onInvocation?: (event: InvocationEvent) => void;
  /** A destination or dead-letter queue refused a record. */
  readonly onDeliveryFailure?: (failure: DeliveryFailure) => void;
  /** `thread` starts faster and costs less; `process` isolates fully and freezes between invocations. */
  readonly isolation?: 'thread' | 'process';
  /** Variables of every function; its own win. @default - none */
  readonly environment?: Readonly<Record<string, string>>;
  /** Idle instances end after this long; five minutes by default. */
  readonly idleMs?: number;
  /** Concurrent invocations of the account; 1,000 by default. */
  readonly accountConcurrency?: number;
}

/** A function URL as the gateway needs it. */
interface FunctionUrlTarget {
  readonly functionArn: string;
  readonly authType: 'NONE' | 'AWS_IAM';
  readonly cors: Json | undefined;
}

/** Lambda: the API, the pool that runs functions, and what other services and reports ask of it. */
export interface LambdaEngine extends Engine, Invoker {
  /** The execution role of a function. */
  roleOf(functionArn: string): string;
  /** The timeout of a function; undefined when it does not exist. */
  timeoutSecondsOf(functionArn: string): number | undefined;
  /** The resource policy of a function or of one of its qualifiers. */
  policyOf(functionArn: string): Json | undefined;
  /** The function behind a URL id. */
  urlTarget(urlId: string): FunctionUrlTarget | undefined;
  /** Runs the function behind a URL with the event that the gateway built. Throws ResourceNotFoundException for an unknown id. */
  invokeUrl(urlId: string, event: Json): Promise<InvokeOutcome>;
  /** Ends busy instances in the middle of their work, as a lost machine would; returns how many. */
  kill(options?: KillOptions): number;
  /** Instances alive and invocations running. */
  count(functionName?: string): { readonly instances: number; readonly busy: number };
  /** Asynchronous events accepted and not settled. */
  asyncPending(): number;
  /** Ends every instance and removes what was unpacked. */
  close(): void;
}

interface Parts {
  readonly deps: LambdaDeps;
  readonly store: FunctionStore;
  readonly pool: Pool;
  readonly executor: Executor;
  readonly async: AsyncInvocations;
}

/**
 * Makes the engine. Functions run in worker threads or processes of this machine, so everything but a simulated handler is real:
 * a handler that hangs is ended at its timeout, one that exits or runs out of memory is lost, and a cold start is one.
 * Threads are not frozen between invocations; work that a handler leaves running goes on, where Lambda would suspend it.
 */
export function createLambda(deps: LambdaDeps): LambdaEngine {
  const parts = assemble(deps);
  const { store, pool, executor } = parts;
  const code = createCodeSource(deps.aws);
  const plane: ControlPlane = {
    ...deps,
    store,
    code,
    mappings: deps.mappings ?? (() => undefined),
    accountConcurrency: deps.accountConcurrency ?? 1_000,
    retire: pool.retire,
    keepWarm: (target, count) => pool.keepWarm(executor.target(target), count),
  };
  const actions: LambdaActions = {
    ...functionActions(plane),
    ...aliasActions(plane),
    ...permissionActions(plane),
    ...urlActions(plane),
    ...concurrencyActions(plane),
    ...recursionActions(plane),
    ...tagActions(plane),
    ...invokeConfigActions(plane),
    ...mappingActions(plane),
    ...invokeActions({ ...parts, ids: deps.ids }),
  };
  return {
    service: 'lambda',
    call({ action, input, caller, traceHeader }) {
      const run = Object.hasOwn(actions, action) ? actions[action] : undefined;
      if (!run) throw new AwsError('UnknownOperationException', `The embedded Lambda does not know the action ${action}`, { status: 404 });
      return run(input, caller, traceHeader);
    },
    ...observers(parts, plane),
    close() {
      parts.async.close();
      pool.close();
      code.close();
    },
  };
}

function assemble(deps: LambdaDeps): Parts {
  const { clock, ids, place } = deps;
  const rng = deps.rng ?? systemRng;
  const store = createFunctionStore(place, rng);
  const account = deps.accountConcurrency ?? 1_000;
  const pool = createPool({ clock, rng, idleMs: deps.idleMs ?? 300_000, unreservedLimit: () => account - reservedTotal({ store }) });
  const start: StartSandbox = deps.isolation === 'process' ? startProcess : startThread;
  const onLog: LogSink = deps.onLog ?? (() => undefined);
  const executor = createExecutor({
    clock,
    ids,
    place,
    start,
    environment: deps.environment ?? {},
    credentials: deps.credentials,
    pool,
    onLog,
    onInvocation: deps.onInvocation ?? (() => undefined),
  });
  const destinations = createDestinationSender({
    clock,
    ids,
    place,
    aws: deps.aws,
    invokeAsync: (target, payload) => async.submit(store.resolve(target), { payload, requestId: ids.next() }),
    onDeliveryFailure: deps.onDeliveryFailure ?? (() => undefined),
  });
  const async = createAsyncInvocations({ clock, rng, store, executor, destinations });
  return { deps, store, pool, executor, async };
}

type Observers = Omit<LambdaEngine, 'service' | 'call' | 'close'>;

function observers({ deps, store, pool, executor, async }: Parts, plane: ControlPlane): Observers {
  async function invoke(arn: string, event: unknown, traceHeader?: string): Promise<InvokeOutcome> {
    const target = store.resolve(arn);
    const result = await executor.invoke({ target, payload: JSON.stringify(event ?? null), requestId: deps.ids.next(), traceHeader });
    if (result.kind === 'throttled') return { kind: 'throttled' };
    if (result.kind === 'recursive') return { kind: 'error', errorType: RECURSIVE_INVOCATION, errorMessage: result.message };
    const { execution } = result;
    if (execution.kind === 'error')
      return { kind: 'error', errorType: execution.error.errorType, errorMessage: execution.error.errorMessage };
    return { kind: 'result', payload: execution.payload === 'null' ? undefined : JSON.parse(execution.payload) };
  }

  function findUrl(urlId: string): FunctionUrlTarget | undefined {
    const found = [...store.entries.values()].flatMap((entry) => urlOf(entry, urlId)).at(0);
    return (
      found && {
        functionArn: functionArn(deps.place, found.entry.name, found.key || undefined),
        authType: found.url.authType,
        cors: found.url.cors,
      }
    );
  }

  return {
    invoke,
    roleOf: (arn) => store.resolve(arn).version.settings.role,
    timeoutSecondsOf: (arn) => store.resolve(arn).version.settings.timeoutSeconds,
    policyOf: (arn) => policyOfArn(plane, arn),
    urlTarget: findUrl,
    async invokeUrl(urlId, event) {
      const target = findUrl(urlId);
      if (!target) throw resourceNotFound();
      return invoke(target.functionArn, event);
    },
    kill: (options) => pool.kill(options),
    count: (functionName) => pool.count(functionName),
    asyncPending: () => async.pending,
  };
}

function urlOf(entry: FunctionEntry, urlId: string): { entry: FunctionEntry; key: string; url: FunctionUrl }[] {
  return [...entry.urls].filter(([, url]) => url.urlId === urlId).map(([key, url]) => ({ entry, key, url }));
}

import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import type { Clock } from '../../core/clock.ts';
import type { Ids } from '../../core/ids.ts';
import type { Place } from '../aws.ts';
import { createFailureLog } from './failure-log.ts';
import type { FunctionVersion, ResolvedFunction } from './function-store.ts';
import { createInstance, type Execution, type ExecutionReport } from './instance.ts';
import { RECURSIVE_INVOCATION } from './invoker.ts';
import { lineageOf, runsOf, withRun } from './lineage.ts';
import { createLogFormat } from './log-format.ts';
import type { Pool, PoolTarget } from './pool.ts';
import type { StartSandbox } from './sandbox.ts';
import { type Credentials, sandboxEnvironment } from './sandbox-environment.ts';
import type { InitMessage } from './sandbox-protocol.ts';

/** What an invocation was, for whoever counts: reports, metrics, chaos. */
export interface InvocationEvent {
  readonly functionName: string;
  readonly version: string;
  /** The alias or version that was asked for. */
  readonly qualifier?: string;
  readonly requestId: string;
  /** `recursive`: not started, because its chain of requests runs in a loop. */
  readonly outcome: 'success' | 'error' | 'throttled' | 'recursive';
  /** Lambda's error type when the outcome is an error. */
  readonly errorType?: string;
  readonly errorMessage?: string;
  readonly durationMs: number;
  readonly cold: boolean;
}

/** Where the lines of an instance go, and as whom. */
export interface LogOrigin {
  readonly functionName: string;
  readonly roleArn: string;
  /** The function's own setting, `/aws/lambda/<name>` unless it has one. */
  readonly logGroup: string;
  readonly logStream: string;
}

/** Takes log lines. */
export type LogSink = (origin: LogOrigin, line: string) => void;

/** One event to run. */
interface InvocationRequest {
  readonly target: ResolvedFunction;
  /** JSON. */
  readonly payload: string;
  readonly requestId: string;
  /** Of the request or message that asks for the run. */
  readonly traceHeader?: string | undefined;
  readonly clientContext?: string;
  /** Keeps the log lines of this invocation for the answer. */
  readonly tail?: boolean;
}

/** How it went. */
export type InvocationResult =
  | { readonly kind: 'done'; readonly execution: Execution; readonly version: string; readonly log: string }
  | { readonly kind: 'throttled'; readonly reason: string }
  | { readonly kind: 'recursive'; readonly message: string };

/** What the executor is made of. */
export interface ExecutorDeps {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly place: Place;
  readonly start: StartSandbox;
  /** Variables of every function; its own win. */
  readonly environment: Readonly<Record<string, string>>;
  readonly credentials: (roleArn: string, sessionName: string) => Credentials;
  readonly pool: Pool;
  readonly onLog: LogSink;
  readonly onInvocation: (event: InvocationEvent) => void;
}

/** Runs events in the pool. */
export interface Executor {
  invoke(request: InvocationRequest): Promise<InvocationResult>;
  target(resolved: ResolvedFunction): PoolTarget;
}

/** The most a handler may return (Lambda guide, "Lambda quotas"). */
const MAX_RESPONSE_BYTES = 6_291_556;

/** Lambda guide, recursive loop detection: "approximately 16 times" in one chain of requests. */
const MAX_RUNS_IN_CHAIN = 16;
const LOOP_MESSAGE =
  "Lambda has detected your function being invoked in a recursive loop with other Amazon Web Services resources and stopped your function's invocation.";

/** Where Lambda's runtimes carry the AWS SDK, here the copy that this library uses. */
const SDK_PARENT = pathToFileURL(createRequire(import.meta.url).resolve('@aws-sdk/client-sqs')).href;

/** Makes the executor. */
export function createExecutor(deps: ExecutorDeps): Executor {
  const { clock, pool } = deps;
  const tails = new Map<string, string[]>();

  function target({ entry, version }: ResolvedFunction): PoolTarget {
    const create = (onGone: () => void) => {
      const day = new Date(clock.now()).toISOString().slice(0, 10).replaceAll('-', '/');
      const logStream = `${day}/[${version.version}]${deps.ids.next().replaceAll('-', '')}`;
      const format = createLogFormat(clock, version.settings.jsonLogs);
      const { role: roleArn, logGroup } = version.settings;
      const origin: LogOrigin = { functionName: entry.name, roleArn, logGroup, logStream };
      const describeFailure = createFailureLog(clock, version.settings.jsonLogs);
      const write = (requestId: string, line: string) => {
        tails.get(requestId)?.push(line);
        deps.onLog(origin, line);
      };
      return createInstance({
        clock,
        start: deps.start,
        env: { ...deps.environment, ...sandboxEnvironment({ ...deps, functionName: entry.name, version, logStream }) },
        memoryMb: version.settings.memoryMb,
        timeoutMs: version.settings.timeoutSeconds * 1_000,
        init: initMessage(entry.name, version, logStream),
        onLog: (event) => write(event.requestId, format(event)),
        onFailure: (failed) => {
          const line = describeFailure(failed);
          if (line !== undefined) write(failed.requestId, line);
        },
        onGone,
      });
    };
    return { functionName: entry.name, key: version, reserved: entry.reserved, create };
  }

  async function invoke(request: InvocationRequest): Promise<InvocationResult> {
    const { target: resolved, payload, requestId, clientContext, tail, traceHeader } = request;
    const { entry, version } = resolved;
    const lineage = lineageOf(traceHeader);
    if (entry.recursiveLoop === 'Terminate' && runsOf(lineage, resolved.arn) >= MAX_RUNS_IN_CHAIN) return stopLoop(request);
    const lines: string[] = [];
    if (tail) tails.set(requestId, lines);
    const outcome = await pool.run(target(resolved), {
      kind: 'invoke',
      requestId,
      payload,
      timeoutMs: version.settings.timeoutSeconds * 1_000,
      invokedFunctionArn: resolved.arn,
      traceId: `${traceId(clock.now(), deps.ids)};${withRun(lineage, resolved.arn)}`,
      ...(clientContext === undefined ? {} : { clientContext }),
    });
    tails.delete(requestId);
    if (outcome.kind === 'throttled') {
      deps.onInvocation({ ...whatRuns(request), outcome: 'throttled', durationMs: 0, cold: false });
      const reason =
        entry.reserved === undefined ? 'ConcurrentInvocationLimitExceeded' : 'ReservedFunctionConcurrentInvocationLimitExceeded';
      return { kind: 'throttled', reason };
    }
    const { report, cold } = outcome;
    const execution = limitResponse(report.execution);
    const error = execution.kind === 'error' ? { errorType: execution.error.errorType, errorMessage: execution.error.errorMessage } : {};
    deps.onInvocation({
      ...whatRuns(request),
      ...error,
      outcome: execution.kind === 'result' ? 'success' : 'error',
      durationMs: report.durationMs,
      cold,
    });
    return { kind: 'done', execution, version: version.version, log: tail ? tailOf(lines, requestId, version, report) : '' };
  }

  function stopLoop(request: InvocationRequest): InvocationResult {
    const why = { errorType: RECURSIVE_INVOCATION, errorMessage: LOOP_MESSAGE };
    deps.onInvocation({ ...whatRuns(request), ...why, outcome: 'recursive', durationMs: 0, cold: false });
    return { kind: 'recursive', message: LOOP_MESSAGE };
  }

  return { invoke, target };
}

function whatRuns({ target: { entry, version, qualifier }, requestId }: InvocationRequest) {
  return { functionName: entry.name, version: version.version, requestId, ...(qualifier !== undefined && { qualifier }) };
}

function initMessage(functionName: string, version: FunctionVersion, logStreamName: string): InitMessage {
  const { settings, code } = version;
  return {
    kind: 'init',
    taskRoot: code.directory,
    handler: settings.handler,
    sdkParent: SDK_PARENT,
    // Node.js 24 is the first runtime without callback handlers.
    callbacks: Number(/\d+/.exec(settings.runtime)?.[0]) < 24,
    sourceMaps: settings.environment['NODE_OPTIONS']?.includes('--enable-source-maps') ?? false,
    context: {
      functionName,
      functionVersion: version.version,
      memoryLimitInMB: String(settings.memoryMb),
      logGroupName: settings.logGroup,
      logStreamName,
    },
  };
}

function limitResponse(execution: Execution): Execution {
  if (execution.kind === 'error' || execution.payload.length <= MAX_RESPONSE_BYTES / 3) return execution;
  if (Buffer.byteLength(execution.payload) <= MAX_RESPONSE_BYTES) return execution;
  const errorMessage = `Response payload size exceeded maximum allowed payload size (${MAX_RESPONSE_BYTES} bytes).`;
  return { kind: 'error', error: { errorType: 'Function.ResponseSizeTooLarge', errorMessage } };
}

/** The last four kilobytes of an invocation's log, as Invoke returns them. */
function tailOf(lines: readonly string[], requestId: string, version: FunctionVersion, report: ExecutionReport): string {
  const memory = Math.ceil(report.memoryBytes / 1_048_576);
  const duration = report.durationMs.toFixed(2);
  const init = report.initMs === undefined ? '' : `\tInit Duration: ${report.initMs.toFixed(2)} ms`;
  const sizes = `Memory Size: ${version.settings.memoryMb} MB\tMax Memory Used: ${memory} MB`;
  const summary = `REPORT RequestId: ${requestId}\tDuration: ${duration} ms\tBilled Duration: ${Math.ceil(report.durationMs)} ms\t${sizes}${init}\t`;
  const text = [`START RequestId: ${requestId} Version: ${version.version}`, ...lines, `END RequestId: ${requestId}`, summary, ''].join(
    '\n',
  );
  return Buffer.from(text).subarray(-4_096).toString('utf8');
}

/** An X-Ray trace header that is never sampled: tracing is the collector's business, not this pool's. */
function traceId(now: number, ids: Ids): string {
  const seconds = Math.floor(now / 1_000)
    .toString(16)
    .padStart(8, '0');
  const hex = ids.next().replaceAll('-', '');
  return `Root=1-${seconds}-${hex.slice(0, 24)};Parent=${hex.slice(16)};Sampled=0`;
}

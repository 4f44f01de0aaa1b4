import type { Clock } from '../core/clock.ts';
import { sleep } from '../core/clock.ts';
import type { Rng } from '../core/rng.ts';
import type { Aws, AwsRequest, Caller, Json, ServiceName } from '../local/aws.ts';
import { AwsError } from '../local/aws.ts';
import type { Call, FaultKind, FaultSource } from './fault.ts';
import type { History } from './history.ts';

/** A process that can die. What a dead process awaits never settles, and what it would send is never sent. */
export interface SimProcess {
  readonly name: string;
  readonly alive: boolean;
  kill(reason: string): void;
  /** A client for one service that takes the SDK's command objects, so that adapters run unmodified. */
  client(service: ServiceName): SimClient;
}

/** The part of an SDK v3 client that adapters use. */
export interface SimClient {
  // biome-ignore lint/suspicious/noExplicitAny: stands in for every SDK client, whose commands and outputs differ by service
  send(command: any): Promise<any>;
}

/** What all processes of a world share. */
export interface ProcessWorld {
  readonly aws: Aws;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly history: History;
  /** Replaced between phases: faults, then none. */
  faults: FaultSource;
  /** Calls so far, in all and by action. */
  readonly calls: { total: number; readonly byAction: Map<string, number> };
}

const never = <T>(): Promise<T> => new Promise<T>(() => {});

/** Starts a process that calls as `caller`. `onKill` is told when it dies. */
export function startProcess(
  world: ProcessWorld,
  name: string,
  options: { caller: Caller; onKill?: (reason: string) => void },
): SimProcess {
  let alive = true;
  const process: SimProcess = {
    name,
    get alive() {
      return alive;
    },
    kill(reason) {
      if (!alive) return;
      alive = false;
      world.history.record('crash', { process: name, reason });
      options.onKill?.(reason);
    },
    client: (service) => ({
      send: async (command: { constructor: { name: string }; input: Json }) => {
        if (!alive) return never();
        const action = command.constructor.name.replace(/Command$/, '');
        return callThroughFaults(world, process, { service, action, input: wireInput(command.input) as Json, caller: options.caller });
      },
    }),
  };
  return process;
}

async function callThroughFaults(world: ProcessWorld, process: SimProcess, request: AwsRequest): Promise<Json> {
  const call = nextCall(world, process.name, request);
  const fault = world.faults.decide(call);
  if (fault) world.history.record('fault', { fault, call: call.index, service: call.service, action: call.action, nth: call.nth });
  await sleep(world.clock, 1 + Math.floor(world.rng.next() * 8));
  if (!process.alive) return never();
  if (fault === 'crashBefore') return die(process, fault);
  if (fault === 'throttle') throw sdkError(new AwsError(throttleName(call.service), 'Rate exceeded', { status: 400 }));
  if (fault === 'conflict' && call.action === 'TransactWriteItems') throw sdkError(conflict(request.input));
  const answer = await attempt(world.aws, request);
  if (fault === 'crashAfter') return die(process, fault);
  await sleep(world.clock, fault === 'slow' ? SLOW_MS : 1 + Math.floor(world.rng.next() * 8));
  if (!process.alive) return never();
  if (fault === 'errorAfterEffect') throw timeoutError();
  if (answer instanceof AwsError) throw sdkError(answer);
  return answer;
}

/** Longer than any function may run: a slow answer arrives at nobody. */
const SLOW_MS = 20 * 60_000;

function nextCall(world: ProcessWorld, process: string, request: AwsRequest): Call {
  const name = `${request.service}:${request.action}`;
  const nth = world.calls.byAction.get(name) ?? 0;
  world.calls.byAction.set(name, nth + 1);
  const index = world.calls.total;
  world.calls.total += 1;
  return { index, process, service: request.service, action: request.action, nth };
}

function die(process: SimProcess, fault: FaultKind): Promise<Json> {
  process.kill(fault);
  return never();
}

async function attempt(aws: Aws, request: AwsRequest): Promise<Json | AwsError> {
  try {
    return await aws.call(request);
  } catch (error) {
    if (error instanceof AwsError) return error;
    throw error;
  }
}

/** The shape in which SDK v3 throws a service's refusal. */
function sdkError(error: AwsError): Error {
  return Object.assign(new Error(error.message), {
    name: error.code,
    $fault: error.status >= 500 ? 'server' : 'client',
    $metadata: { httpStatusCode: error.status, attempts: 1 },
    ...error.details,
  });
}

/** What SDK v3 throws when the answer does not arrive in time. */
function timeoutError(): Error {
  return Object.assign(new Error('Connection timed out after the request was sent'), { name: 'TimeoutError', $metadata: { attempts: 1 } });
}

function throttleName(service: ServiceName): string {
  if (service === 'sqs') return 'RequestThrottled';
  return service === 'dynamodb' ? 'ThrottlingException' : 'Throttling';
}

function conflict(input: Json): AwsError {
  const count = Array.isArray(input['TransactItems']) ? input['TransactItems'].length : 1;
  const reasons = Array.from({ length: count }, (_, index) =>
    index === 0 ? { Code: 'TransactionConflict', Message: 'Transaction is ongoing for the item' } : { Code: 'None' },
  );
  const codes = reasons.map((reason) => reason.Code).join(', ');
  const message = `Transaction cancelled, please refer cancellation reasons for specific reasons [${codes}]`;
  return new AwsError('TransactionCanceledException', message, { details: { CancellationReasons: reasons } });
}

/** SDK inputs carry blobs as bytes; engines take base64. */
function wireInput(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (Array.isArray(value)) return value.map(wireInput);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .map(([name, member]) => [name, wireInput(member)]),
  );
}

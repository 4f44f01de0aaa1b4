import { AwsError, type AwsRequest, type Json } from '../local/aws.ts';
import { applies, type Call, type FaultKind } from './fault.ts';
import { splitBatch } from './partial-batch.ts';
import type { ProcessWorld } from './process-world.ts';
import { conflictError, denialError, throttleError, timeoutError } from './sdk-errors.ts';
import { sdkError, sdkOutput } from './sdk-shapes.ts';

/** Where the answer of a call goes. */
export interface Answer {
  resolve(output: Json): void;
  reject(error: Error): void;
}

/** Who calls: the part of a process that a call can reach. */
interface Sender {
  readonly name: string;
  kill(reason: string): void;
  deliver(event: () => void): void;
}

/** How long a client waits for an answer: the request timeout with which this project's clients are made. */
const CLIENT_TIMEOUT_MS = 5_000;
/** How much later a request may still arrive that its sender has given up. */
const MAX_LATENESS_MS = 30_000;

/** One call over a network that takes its time, with at most one fault. */
export function callThroughFaults(world: ProcessWorld, process: Sender, request: AwsRequest, answer: Answer): void {
  const call = nextCall(world, process.name, request);
  const decided = world.faults.decide(call);
  const fault = decided !== undefined && applies(decided, call.action) ? decided : undefined;
  if (fault) world.history.record('fault', { fault, call: call.index, service: call.service, action: call.action, nth: call.nth });
  world.calls.open += 1;
  world.clock.after(hop(world), () => void arrive(world, { process, request, answer, fault }));
}

interface UnderWay {
  readonly process: Sender;
  readonly request: AwsRequest;
  readonly answer: Answer;
  readonly fault: FaultKind | undefined;
}

/** The request reaches the service, whatever has become of its sender meanwhile. */
async function arrive(world: ProcessWorld, { process, request, answer, fault }: UnderWay): Promise<void> {
  const end = (event?: () => void) => {
    world.calls.open -= 1;
    if (event) process.deliver(event);
  };
  const refuse = (error: Error) => world.clock.after(hop(world), () => end(() => answer.reject(error)));

  if (fault === 'crashBefore') return end(() => process.kill(fault));
  if (fault === 'errorWithoutEffect') return void refuse(timeoutError());
  if (fault === 'throttle') return void refuse(throttleError(request.service));
  if (fault === 'deny') return void refuse(denialError(request.service));
  if (fault === 'conflict') return void refuse(conflictError(request));
  if (fault === 'effectAfterError') {
    world.clock.after(CLIENT_TIMEOUT_MS, () => process.deliver(() => answer.reject(timeoutError())));
    const lateness = CLIENT_TIMEOUT_MS + Math.floor(world.rng.next() * MAX_LATENESS_MS);
    world.clock.after(lateness, () => void attempt(world, request).then(() => end()));
    return;
  }
  const outcome = fault === 'partialBatch' ? await attemptPart(world, request) : await attempt(world, request);
  if (fault === 'crashAfter') return end(() => process.kill(fault));
  if (fault === 'errorAfterEffect') return void refuse(timeoutError());
  const back = fault === 'slow' ? world.slowMs : hop(world);
  world.clock.after(back, () =>
    end(() => (outcome instanceof AwsError ? answer.reject(sdkError(outcome)) : answer.resolve(sdkOutput(request.service, outcome)))),
  );
}

/** Milliseconds from one machine to another. */
function hop(world: ProcessWorld): number {
  return 1 + Math.floor(world.rng.next() * 8);
}

function nextCall(world: ProcessWorld, process: string, request: AwsRequest): Call {
  const { service, action } = request;
  const { calls } = world;
  const role = roleOf(process);
  const index = calls.total;
  calls.total += 1;
  return {
    index,
    process,
    role,
    service,
    action,
    nth: countUp(calls.byAction, `${service}:${action}`),
    visit: countUp(calls.byRole, `${role}:${service}:${action}`),
  };
}

/** `relay/3` is an instance of `relay`. */
function roleOf(process: string): string {
  const end = process.indexOf('/');
  return end < 0 ? process : process.slice(0, end);
}

function countUp(counts: Map<string, number>, name: string): number {
  const count = counts.get(name) ?? 0;
  counts.set(name, count + 1);
  return count;
}

/** A part of the batch, half of it on average; the rest is reported inside the answer. */
async function attemptPart(world: ProcessWorld, request: AwsRequest): Promise<Json | AwsError> {
  const { input, complete } = splitBatch(request, () => world.rng.next() < 0.5);
  if (input === undefined) return complete({});
  const outcome = await attempt(world, { ...request, input });
  return outcome instanceof AwsError ? outcome : complete(outcome);
}

async function attempt(world: ProcessWorld, request: AwsRequest): Promise<Json | AwsError> {
  try {
    return await world.aws.call(request);
  } catch (error) {
    if (error instanceof AwsError) return error;
    throw error;
  }
}

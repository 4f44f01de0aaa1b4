import type { Clock } from '../core/clock.ts';
import type { Caller } from '../local/aws.ts';
import type { InvokeOutcome, Invoker } from '../local/lambda/invoker.ts';
import type { ProcessWorld, SimProcess } from './process.ts';
import { startProcess } from './process.ts';

/** The context that a simulated invocation passes: what handlers of this project read of Lambda's. */
export interface SimContext {
  readonly awsRequestId: string;
  readonly functionName: string;
  readonly functionVersion: string;
  readonly invokedFunctionArn: string;
  getRemainingTimeInMillis(): number;
}

/** A handler as Lambda calls it. */
export type SimHandler = (event: never, context: SimContext) => Promise<unknown>;

/** A function of a world. */
export interface SimFunction {
  readonly arn: string;
  readonly name: string;
  readonly timeoutMs: number;
  readonly caller: Caller;
  /** Makes the handler anew for each process: a crash loses module state. */
  readonly create: (process: SimProcess) => SimHandler;
}

interface Instance {
  readonly process: SimProcess;
  readonly handler: SimHandler;
  /** Ends the invocation under way, if any. */
  fail: (reason: string) => void;
}

/** Runs functions in process, keeps instances warm, and loses them when they crash or time out. */
export interface SimFunctions extends Invoker {
  deploy(definition: SimFunction): void;
  /** Kills every instance: a deployment, or the end of the chaos phase. */
  recycle(): void;
}

/** Starts with no function deployed. */
export function createFunctions(world: ProcessWorld): SimFunctions {
  const definitions = new Map<string, SimFunction>();
  const idle = new Map<string, Instance[]>();
  let started = 0;
  let invocations = 0;

  function start(definition: SimFunction): Instance {
    started += 1;
    const instance = { fail: (_reason: string) => {} };
    const process = startProcess(world, `${definition.name}/${started}`, {
      caller: definition.caller,
      onKill: (reason) => instance.fail(reason),
    });
    return Object.assign(instance, { process, handler: definition.create(process) });
  }

  return {
    deploy: (definition) => {
      definitions.set(definition.arn, definition);
    },
    recycle: () => {
      idle.clear();
    },
    async invoke(arn, event) {
      const definition = definitions.get(arn);
      if (!definition) return { kind: 'error', errorType: 'ResourceNotFoundException', errorMessage: `Function not found: ${arn}` };
      const warm = idle.get(arn) ?? [];
      idle.set(arn, warm);
      const instance = warm.pop() ?? start(definition);
      invocations += 1;
      const requestId = `invocation-${invocations}`;
      world.history.record('invoke', { function: definition.name, process: instance.process.name, requestId });
      const outcome = await runOnce({ instance, definition, clock: world.clock, requestId, event: structuredClone(event) });
      world.history.record('invoked', { requestId, outcome: outcome.kind });
      if (instance.process.alive) warm.push(instance);
      return outcome;
    },
  };
}

interface Run {
  readonly instance: Instance;
  readonly definition: SimFunction;
  readonly clock: Clock;
  readonly requestId: string;
  readonly event: unknown;
}

function runOnce({ instance, definition, clock, requestId, event }: Run): Promise<InvokeOutcome> {
  const deadline = clock.now() + definition.timeoutMs;
  const context: SimContext = {
    awsRequestId: requestId,
    functionName: definition.name,
    functionVersion: '$LATEST',
    invokedFunctionArn: definition.arn,
    getRemainingTimeInMillis: () => Math.max(0, deadline - clock.now()),
  };
  return new Promise((resolve) => {
    const cancel = clock.after(definition.timeoutMs, () => instance.process.kill('Sandbox.Timedout'));
    const end = (outcome: InvokeOutcome) => {
      cancel();
      instance.fail = () => {};
      resolve(outcome);
    };
    instance.fail = (reason) => end({ kind: 'error', errorType: reason, errorMessage: `the process died: ${reason}` });
    instance.handler(event as never, context).then(
      (payload) => instance.process.alive && end({ kind: 'result', payload: payload === undefined ? null : payload }),
      (error: unknown) => instance.process.alive && end({ kind: 'error', errorType: 'Error', errorMessage: String(error) }),
    );
  });
}

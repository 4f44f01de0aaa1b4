import type { Caller } from '../local/aws.ts';
import type { InvokeOutcome, Invoker } from '../local/lambda/invoker.ts';
import { jsonCopy } from './json-copy.ts';
import type { SimProcess } from './process.ts';
import { startProcess } from './process.ts';
import type { ProcessWorld } from './process-world.ts';

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
  /** Shorter than the world's slow answers, which otherwise could be waited for. */
  readonly timeoutMs: number;
  readonly caller: Caller;
  /** Environment variables, in a world that owns the globals. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Makes the handler anew for each process: a crash loses module state. */
  readonly create: (process: SimProcess) => SimHandler;
}

interface Instance {
  readonly process: SimProcess;
  readonly handler: SimHandler;
  /** The deployments before it started; only instances of the present one are used again. */
  readonly generation: number;
  /** Ends the invocation under way, if any. */
  fail: (reason: string) => void;
}

/** Runs functions in process, keeps instances warm and frozen, and loses them when they crash or time out. */
export interface SimFunctions extends Invoker {
  deploy(definition: SimFunction): void;
  /** Whether a function has the ARN. */
  has(arn: string): boolean;
  /** No instance serves another invocation, as after a deployment: idle ones die, busy ones end what they do. */
  recycle(): void;
}

/** Starts with no function deployed. */
export function createFunctions(world: ProcessWorld): SimFunctions {
  const definitions = new Map<string, SimFunction>();
  const idle = new Map<string, Instance[]>();
  let started = 0;
  let invocations = 0;
  let generation = 0;

  function start(definition: SimFunction): Instance {
    started += 1;
    const ends = { fail: (_reason: string) => {} };
    const process = startProcess(world, `${definition.name}/${started}`, {
      caller: definition.caller,
      ...(definition.env && { env: definition.env }),
      onKill: (reason) => ends.fail(reason),
    });
    return Object.assign(ends, { process, generation, handler: process.run(() => definition.create(process)) });
  }

  /** The instance that was used last, if one is left; a process may have died while it was idle. */
  function warm(arn: string): Instance | undefined {
    const instances = idle.get(arn) ?? [];
    let instance = instances.pop();
    while (instance && !instance.process.alive) instance = instances.pop();
    return instance;
  }

  function rest(arn: string, instance: Instance): void {
    if (!instance.process.alive) return;
    if (instance.generation === generation) {
      instance.process.freeze();
      idle.set(arn, [...(idle.get(arn) ?? []), instance]);
    } else instance.process.kill('recycled');
  }

  return {
    deploy: (definition) => {
      if (definition.timeoutMs >= world.slowMs) {
        throw new RangeError(
          `${definition.name} may run ${definition.timeoutMs} ms; slow answers of this world arrive after ${world.slowMs}`,
        );
      }
      definitions.set(definition.arn, definition);
    },
    has: (arn) => definitions.has(arn),
    recycle: () => {
      generation += 1;
      const instances = [...idle.values()].flat();
      idle.clear();
      for (const { process } of instances) process.kill('recycled');
    },
    async invoke(arn, event) {
      const definition = definitions.get(arn);
      if (!definition) return failure('ResourceNotFoundException', `Function not found: ${arn}`);
      invocations += 1;
      const requestId = `invocation-${invocations}`;
      let instance: Instance;
      try {
        instance = warm(arn) ?? start(definition);
      } catch (error) {
        return failure('Runtime.ImportModuleError', String(error));
      }
      world.history.record('invoke', { function: definition.name, process: instance.process.name, requestId });
      const outcome = await runOnce(world, { instance, definition, requestId, event: carried(event) });
      world.history.record('invoked', { requestId, outcome: outcome.kind });
      rest(arn, instance);
      return outcome;
    },
  };
}

interface Run {
  readonly instance: Instance;
  readonly definition: SimFunction;
  readonly requestId: string;
  readonly event: unknown;
}

function runOnce(world: ProcessWorld, { instance, definition, requestId, event }: Run): Promise<InvokeOutcome> {
  const { clock } = world;
  const { process, handler } = instance;
  const deadline = clock.now() + definition.timeoutMs;
  const context: SimContext = {
    awsRequestId: requestId,
    functionName: definition.name,
    functionVersion: '$LATEST',
    invokedFunctionArn: definition.arn,
    getRemainingTimeInMillis: () => Math.max(0, deadline - clock.now()),
  };
  return new Promise((resolve) => {
    const cancel = clock.after(definition.timeoutMs, () => process.kill('Sandbox.Timedout'));
    let over = false;
    const end = (outcome: InvokeOutcome) => {
      over = true;
      cancel();
      instance.fail = () => {};
      resolve(outcome);
    };
    instance.fail = (reason) => end(failure(reason, `the process died: ${reason}`));
    // What the last invocation left behind goes on in this one, and may end it.
    process.thaw();
    if (!process.alive) return;
    pauseSoon(world, process, () => over);
    const handled = process.run(async () => handler(event as never, context));
    handled.then(
      (payload) => process.alive && end(resultOf(payload)),
      (error: unknown) => process.alive && end(failure(error instanceof Error ? error.name : 'Error', String(error))),
    );
  });
}

/** Lets an invocation stand still, if the world says so; one that is over stands still anyway. */
function pauseSoon({ clock, history, pauseOf }: ProcessWorld, process: SimProcess, isOver: () => boolean): void {
  const pause = pauseOf(process.name);
  if (!pause) return;
  clock.after(pause.afterMs, () => {
    if (isOver()) return;
    history.record('freeze', { process: process.name, ms: pause.forMs });
    process.freeze();
    clock.after(pause.forMs, () => isOver() || process.thaw());
  });
}

/** What JSON cannot hold fails the invocation, as the runtime of Lambda has it. */
function resultOf(payload: unknown): InvokeOutcome {
  try {
    return { kind: 'result', payload: carried(payload) };
  } catch (error) {
    return failure('Runtime.MarshalError', `Unable to stringify response body: ${String(error)}`);
  }
}

function failure(errorType: string, errorMessage: string): InvokeOutcome {
  return { kind: 'error', errorType, errorMessage };
}

/** Events and responses travel as JSON: nothing is shared, and what JSON does not know is gone. */
function carried(value: unknown): unknown {
  return jsonCopy(value) ?? null;
}

import type { Clock } from '../core/clock.ts';
import type { AwsRequest, Caller, Json, ServiceName } from '../local/aws.ts';
import { callThroughFaults } from './faulty-call.ts';
import { runAs } from './globals.ts';
import type { ProcessWorld } from './process-world.ts';
import { wireInput } from './sdk-shapes.ts';

/**
 * A process that can die, and that stands still between invocations as a Lambda sandbox does. Once dead, nothing that it awaits
 * settles, none of its timers fires, and nothing that it would send is sent.
 */
export interface SimProcess {
  readonly name: string;
  readonly alive: boolean;
  /** The process's own clock: as wrong as the world says, standing while the process does, silent once it is dead. */
  readonly clock: Clock;
  kill(reason: string): void;
  /** From now on timers and answers wait. */
  freeze(): void;
  /** What has waited happens now, in its order. */
  thaw(): void;
  /** Hands something to the process: now, once it is thawed, or never. */
  deliver(event: () => void): void;
  /** Runs code, and whatever it starts, as this process: in a world that owns the globals, they are this process's own. */
  run<Result>(code: () => Result): Result;
  /** A client for one service that takes the SDK's command objects, so that adapters run unmodified. */
  client(service: ServiceName): SimClient;
}

/** The part of an SDK v3 client that adapters use. */
export interface SimClient {
  // biome-ignore lint/suspicious/noExplicitAny: stands in for every SDK client, whose commands and outputs differ by service
  send(command: any): Promise<any>;
}

/** What a process is started with. */
export interface ProcessOptions {
  readonly caller: Caller;
  /** Environment variables, in a world that owns the globals. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Told when it dies. */
  readonly onKill?: (reason: string) => void;
}

/** What SDK clients look for, and nothing of this machine's own settings. */
const SANDBOX_ENV = {
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'simulated',
  AWS_SECRET_ACCESS_KEY: 'simulated',
  AWS_SESSION_TOKEN: undefined,
  AWS_PROFILE: undefined,
  AWS_ENDPOINT_URL: undefined,
  AWS_CONFIG_FILE: '/dev/null',
  AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
  AWS_EC2_METADATA_DISABLED: 'true',
};

/** Starts a process that calls as `caller`. */
export function startProcess(world: ProcessWorld, name: string, options: ProcessOptions): SimProcess {
  const waiting: (() => void)[] = [];
  let alive = true;
  let frozen = false;
  const process: SimProcess = {
    name,
    clock: clockOf(world, name, (event) => process.deliver(event)),
    get alive() {
      return alive;
    },
    kill(reason) {
      if (!alive) return;
      alive = false;
      waiting.length = 0;
      world.history.record('crash', { process: name, reason });
      options.onKill?.(reason);
    },
    freeze() {
      frozen = true;
    },
    thaw() {
      frozen = false;
      for (const event of waiting.splice(0)) event();
    },
    deliver(event) {
      if (!alive) return;
      if (frozen) waiting.push(event);
      else event();
    },
    run: (code) => (platform ? runAs(platform, code) : code()),
    client: (service) => ({
      send: (command: { constructor: { name: string }; input: Json }) =>
        call({ service, action: command.constructor.name.replace(/Command$/, ''), input: wireInput(service, command.input) }),
    }),
  };
  const call = (request: Pick<AwsRequest, 'service' | 'action' | 'input'>): Promise<Json> =>
    new Promise((resolve, reject) => {
      if (alive) callThroughFaults(world, process, { ...request, caller: options.caller }, { resolve, reject });
    });
  const platform = world.globals && {
    ...world.globals,
    clock: process.clock,
    startedAt: process.clock.now(),
    env: { ...SANDBOX_ENV, ...options.env },
    call,
    crash: (reason: string) => process.kill(reason),
  };
  return process;
}

function clockOf({ clock, skewOf }: ProcessWorld, name: string, deliver: SimProcess['deliver']): Clock {
  const skewMs = skewOf(name);
  return {
    now: () => clock.now() + skewMs,
    after: (ms, callback) => {
      let cancelled = false;
      const cancel = clock.after(ms, () => deliver(() => void (cancelled || callback())));
      return () => {
        cancelled = true;
        cancel();
      };
    },
  };
}

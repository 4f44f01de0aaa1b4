import type { Clock } from '../core/clock.ts';
import type { Rng } from '../core/rng.ts';
import type { Aws, Caller, Json, ServiceName } from '../local/aws.ts';
import { type FaultSource, noFaults } from './fault.ts';
import { callThroughFaults } from './faulty-call.ts';
import type { History } from './history.ts';
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
  /** Milliseconds after which a slow answer arrives: more than any function may run. */
  readonly slowMs: number;
  /** How far the clock of a process is ahead, in milliseconds. */
  readonly skewOf: (process: string) => number;
  /** Calls so far, in all and by action; `open` are those whose effect or answer is still to come. */
  readonly calls: { total: number; open: number; readonly byAction: Map<string, number> };
}

/** What a process world is made from. */
export interface ProcessWorldParts
  extends Pick<ProcessWorld, 'aws' | 'clock' | 'rng' | 'history'>,
    Partial<Pick<ProcessWorld, 'faults' | 'slowMs'>> {
  /** @default - all clocks agree */
  readonly skewOf?: (process: string) => number;
}

/** Longer than Lambda lets any function run. */
const SLOW_MS = 16 * 60_000;

/** What processes share, before the first call. */
export function createProcessWorld({ faults = noFaults, slowMs = SLOW_MS, skewOf = () => 0, ...parts }: ProcessWorldParts): ProcessWorld {
  return { ...parts, faults, slowMs, skewOf, calls: { total: 0, open: 0, byAction: new Map() } };
}

/** What a process is started with. */
export interface ProcessOptions {
  readonly caller: Caller;
  /** Told when it dies. */
  readonly onKill?: (reason: string) => void;
}

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
    client: (service) => ({
      send(command: { constructor: { name: string }; input: Json }) {
        const action = command.constructor.name.replace(/Command$/, '');
        const { caller } = options;
        return new Promise((resolve, reject) => {
          if (!alive) return;
          callThroughFaults(world, process, { service, action, input: wireInput(command.input) as Json, caller }, { resolve, reject });
        });
      },
    }),
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

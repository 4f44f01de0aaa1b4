import type { Clock } from '../core/clock.ts';
import type { Rng } from '../core/rng.ts';
import type { Aws } from '../local/aws.ts';
import { type FaultSource, noFaults } from './fault.ts';
import type { Platform } from './globals/platform.ts';
import type { History } from './history.ts';

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
  /** Asked at the start of each invocation: when it stands still for a while. */
  readonly pauseOf: (process: string) => Pause | undefined;
  /** What stands behind the globals of all processes; undefined when they see the platform's own. */
  readonly globals: Pick<Platform, 'rng' | 'ids' | 'prints'> | undefined;
  /** Calls so far, in all, by action (`sns:Publish`) and by role and action (`relay:sns:Publish`); `open` are those whose effect or answer is still to come. */
  readonly calls: { total: number; open: number; readonly byAction: Map<string, number>; readonly byRole: Map<string, number> };
}

/** A while in which a process stands still though it has work: its timers and answers wait, the time of the others goes on. */
export interface Pause {
  /** Milliseconds after the start of the invocation. */
  readonly afterMs: number;
  readonly forMs: number;
}

/** What a process world is made from. */
export interface ProcessWorldParts
  extends Pick<ProcessWorld, 'aws' | 'clock' | 'rng' | 'history'>,
    Partial<Pick<ProcessWorld, 'faults' | 'slowMs'>> {
  /** @default - all clocks agree */
  readonly skewOf?: (process: string) => number;
  /** @default - no invocation stands still */
  readonly pauseOf?: ProcessWorld['pauseOf'];
  /** @default - the platform's */
  readonly globals?: ProcessWorld['globals'];
}

/** Longer than Lambda lets any function run. */
const SLOW_MS = 16 * 60_000;

/** What processes share, before the first call. */
export function createProcessWorld({
  faults = noFaults,
  slowMs = SLOW_MS,
  skewOf = () => 0,
  pauseOf = () => undefined,
  globals,
  ...parts
}: ProcessWorldParts): ProcessWorld {
  return { ...parts, faults, slowMs, skewOf, pauseOf, globals, calls: { total: 0, open: 0, byAction: new Map(), byRole: new Map() } };
}

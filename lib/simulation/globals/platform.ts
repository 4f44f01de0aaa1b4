import { AsyncLocalStorage } from 'node:async_hooks';
import type { Clock } from '../../core/clock.ts';
import type { Ids } from '../../core/ids.ts';
import type { Rng } from '../../core/rng.ts';
import type { Json } from '../../local/aws.ts';
import type { WireCall } from '../../local/gateway/exchange.ts';

/** What stands behind the platform's globals for the code of one process. */
export interface Platform {
  readonly clock: Clock;
  readonly rng: Rng;
  readonly ids: Ids;
  /** When the process began, in its own epoch milliseconds: where `performance.now()` counts from. */
  readonly startedAt: number;
  /** What `process.env` holds besides, and in front of, the real environment. */
  readonly env: Record<string, string | undefined>;
  /** Calls a service of the world, as an engine takes it; rejects as SDK clients do. */
  readonly call: (request: WireCall) => Promise<Json>;
  /** Ends the process. */
  readonly crash: (reason: string) => void;
  /** Whether what the code prints is shown. */
  readonly prints: boolean;
}

/** Whose code is running: undefined outside of every simulated process, where all globals answer as they always do. */
export const currentPlatform = new AsyncLocalStorage<Platform>();

/** The platform of the code that asks. */
export const platform = (): Platform | undefined => currentPlatform.getStore();

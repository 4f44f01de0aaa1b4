import { syncBuiltinESMExports } from 'node:module';
import { patchChance } from './globals/chance.ts';
import { patchCrashes } from './globals/crashes.ts';
import { patchNetwork } from './globals/network.ts';
import type { Restore } from './globals/patch.ts';
import { currentPlatform, type Platform } from './globals/platform.ts';
import { watchRealWork } from './globals/real-work.ts';
import { patchSurroundings } from './globals/surroundings.ts';
import { patchTime } from './globals/time.ts';
import { patchTimers } from './globals/timers.ts';

let users = 0;
let restores: Restore[] = [];

/**
 * From the first call until the last of what it returned was called, the globals of time and chance belong to whichever simulated process
 * asks: `Date`, `performance`, `process.hrtime`, timers of all forms, `AbortSignal.timeout`, `Math.random`, `crypto`, `process.env` and the
 * console; AWS SDK clients reach its world, and an error that nobody
 * handles ends it alone. Outside of a process they answer as before, so worlds, engines and test runners run side by side. `queueMicrotask` and
 * `process.nextTick` stay what they are.
 */
export function patchGlobals(): Restore {
  users += 1;
  if (users === 1) {
    restores = [
      ...patchTime(),
      ...patchTimers(),
      ...patchChance(),
      ...patchSurroundings(),
      ...patchNetwork(),
      ...patchCrashes(),
      watchRealWork(),
    ];
    // Named imports of node:crypto, node:timers and the like follow.
    syncBuiltinESMExports();
  }
  let isDone = false;
  return () => {
    if (isDone) return;
    isDone = true;
    users -= 1;
    if (users > 0) return;
    for (const restore of restores.reverse()) restore();
    restores = [];
    syncBuiltinESMExports();
  };
}

/** Patches over several runs of worlds, which would each patch and restore. */
export async function withGlobals<Result>(runs: () => Promise<Result>): Promise<Result> {
  const restore = patchGlobals();
  try {
    return await runs();
  } finally {
    restore();
  }
}

/** Runs code, and whatever it starts, as the process that the platform belongs to. */
export function runAs<Result>(platform: Platform, code: () => Result): Result {
  const restore = patchGlobals();
  try {
    return currentPlatform.run(platform, code);
  } finally {
    restore();
  }
}

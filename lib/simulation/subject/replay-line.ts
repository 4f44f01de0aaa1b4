import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The environment variable that holds the plan to run again, in place of a search. */
export const REPLAY_ENV = 'POSTHASTE_REPLAY';

/** This library: a caller is whoever is neither in it nor in a package. */
const LIBRARY = join(import.meta.dirname, '..');
const PLACE = /(?:\(|at (?:async )?)((?:file:\/\/)?\/.+|(?:file:\/\/\/)?[A-Za-z]:[\\/].+):\d+:\d+\)?$/;

/** The test file from which a function was called: the first place on the stack outside of this library. */
export function callerFile(stack: string = new Error().stack ?? ''): string | undefined {
  for (const line of stack.split('\n').slice(1)) {
    const place = PLACE.exec(line.trim())?.[1]?.replace(/\?.*$/, '');
    if (place === undefined) continue;
    const file = place.startsWith('file:') ? fileURLToPath(place) : place;
    if (!file.startsWith(LIBRARY) && !/[\\/]node_modules[\\/]/.test(file)) return relative(process.cwd(), file);
  }
  return undefined;
}

/** One line for a shell that runs the test again under one plan, by the test runner that is running. */
export function replayCommand(plan: string, file: string | undefined, env: NodeJS.ProcessEnv = process.env): string {
  return [`${REPLAY_ENV}='${plan}'`, runnerOf(env), file ?? '<the test file>'].join(' ');
}

function runnerOf(env: NodeJS.ProcessEnv): string {
  if (env['VITEST'] !== undefined) return 'npx vitest run';
  if (env['JEST_WORKER_ID'] !== undefined) return 'npx jest';
  return env['NODE_TEST_CONTEXT'] === undefined ? 'node' : 'node --test';
}

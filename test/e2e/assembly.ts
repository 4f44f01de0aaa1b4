import { mkdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { synthesize } from '../../lib/cli/synth-cache.ts';

/** The folder of cdk.json. */
export const PROJECT = join(import.meta.dirname, '../..');

/** A lock this old was left behind by a run that was killed. */
const STALE_MS = 120_000;

/**
 * The cloud assembly of `bin/app.ts`, where the command line keeps it too. Test files run in processes of their own, and only one of them
 * may write it.
 */
export async function cachedAssembly(): Promise<string> {
  const folder = join(PROJECT, '.posthaste');
  const output = join(folder, 'cdk.out');
  await mkdir(folder, { recursive: true });
  const release = await lock(join(folder, 'synth.lock'));
  try {
    await synthesize({ project: PROJECT, output });
  } finally {
    await release();
  }
  return output;
}

async function lock(path: string): Promise<() => Promise<void>> {
  const release = () => rm(path, { recursive: true, force: true });
  for (;;) {
    try {
      await mkdir(path);
      return release;
    } catch {
      const since = (await stat(path).catch(() => undefined))?.mtimeMs ?? Date.now();
      if (Date.now() - since > STALE_MS) await release();
      else await wait(50);
    }
  }
}

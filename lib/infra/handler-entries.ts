import { existsSync } from 'node:fs';
import { extname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Construct } from 'constructs';
import { enforce, type Rule } from './rules.ts';

/** The functions that this library itself deploys. */
export type OwnHandler = 'outbox-relay' | 'outbox-sweeper' | 'failure-indexer' | 'operations';

/**
 * Where the source of one of this library's own handlers lies: beside `lib/` in the repository (`.ts`) and in the package (`.js`) alike.
 *
 * @example
 * ownEntry('outbox-relay'); // => '/…/lambdas/outbox-relay.ts'
 */
export function ownEntry(name: OwnHandler): string {
  const extension = extname(fileURLToPath(import.meta.url));
  return fileURLToPath(new URL(`../../lambdas/${name}${extension}`, import.meta.url));
}

const ENTRY_RULES: readonly Rule<{ readonly path: string }>[] = [
  {
    when: ({ path }) => !existsSync(path),
    message: ({ path }) =>
      `the handler file ${path} does not exist; give "entry" as new URL('./handler.ts', import.meta.url), which names a file relative to the ` +
      `one that says it, or as a path relative to ${process.cwd()}`,
  },
];

/** The absolute path of a handler file; refuses one that does not exist. */
export function entryPath(scope: Construct, entry: string | URL): string {
  const isUrl = entry instanceof URL || entry.startsWith('file:');
  const path = isUrl ? fileURLToPath(entry) : resolve(entry);
  enforce(scope, ENTRY_RULES, { path });
  return path;
}

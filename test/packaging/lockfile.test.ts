import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { PROJECT } from '../docs/code-blocks.ts';

interface Locked {
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const lock = JSON.parse(readFileSync(join(PROJECT, 'package-lock.json'), 'utf8')) as {
  readonly packages: Readonly<Record<string, Locked>>;
};

test('the lockfile has every optional package of every platform, without which npm ci refuses it', () => {
  const missing = Object.entries(lock.packages).flatMap(([path, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies).filter((name) => !isLocked(path, name)),
  );
  // A registry that does not have a platform's binaries makes `npm install` leave them out, silently.
  expect(missing).toEqual([]);
});

/** Looks where Node.js would: beside the package, then upwards. */
function isLocked(path: string, name: string): boolean {
  const folders = path.split('/node_modules/');
  return (
    folders.some((_, depth) => `${folders.slice(0, depth + 1).join('/node_modules/')}/node_modules/${name}` in lock.packages) ||
    `node_modules/${name}` in lock.packages
  );
}

import { expect, test } from 'vitest';
import { LOCKED, lockedPath } from './shop-lock.ts';

test('the lockfile has every optional package of every platform, without which npm ci refuses it', () => {
  const missing = Object.entries(LOCKED).flatMap(([path, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies).filter((name) => lockedPath(path, name) === undefined),
  );
  // A registry that does not have a platform's binaries makes `npm install` leave them out, silently.
  expect(missing).toEqual([]);
});

import { expect, test } from 'vitest';
import { nearest } from '../../lib/cli/nearest.ts';

test.each([
  ['prot', 'port'],
  ['por', 'port'],
  ['stak', 'stack'],
  ['canary-wiat', 'canary-wait'],
  ['colour', undefined],
  ['x', undefined],
])('--%s is taken for %s', (given, meant) => {
  expect(nearest(given, ['port', 'stack', 'aws', 'canary', 'canary-wait'])).toBe(meant);
});

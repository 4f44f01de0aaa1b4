import { createRequire } from 'node:module';
import { expect, test } from 'vitest';
import { inferEvent } from '../../../lib/app/github/demo/infer-event.ts';

const sets = createRequire(import.meta.url)('@octokit/webhooks-examples') as { name: string; examples: unknown[] }[];

test('every example payload tells its own event', () => {
  const wrong = sets.flatMap(({ name, examples }) => examples.map(inferEvent).filter((inferred) => inferred !== name));
  expect(wrong).toEqual([]);
  expect(sets.flatMap(({ examples }) => examples)).toHaveLength(329);
});

test('what is no payload tells nothing', () => {
  for (const value of [undefined, null, 1, 'push', [], {}, { action: 'opened' }]) expect(inferEvent(value)).toBeUndefined();
});

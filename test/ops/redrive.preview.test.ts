import { expect, test } from 'vitest';
import type { FailureFilter } from '../../lib/dlq/failure.ts';
import { createRedriveInbox } from '../../lib/ops/redrive.inbox.ts';
import { previewOf } from '../../lib/ops/redrive.preview.ts';
import { CONSUMERS, letter, redriveWorld } from './redrive-world.ts';

test.each<[string, (id: string) => FailureFilter, readonly string[]]>([
  ['an id, the group of that failure', (id) => ({ id }), ['f1']],
  ['a key, the groups that hold it', () => ({ key: 'k' }), ['f1', 'f2']],
  ['nothing, all groups', () => ({}), ['f1', 'f2', 'f3']],
  ['what is not there, none', () => ({ key: 'other' }), []],
])('a plan shows for %s', async (_, where, fingerprints) => {
  const { world, failures, add, timed } = redriveWorld();
  await add(letter('a', { key: 'k' }), letter('b', { fingerprint: 'f2', key: 'k' }), letter('c', { fingerprint: 'f3' }));
  const { clock } = world;
  const inbox = createRedriveInbox({ client: world.process('reader').client('dynamodb'), clock, rng: world.rng });
  const deps = { failures, inbox, clock, consumers: async () => CONSUMERS };
  const { groups } = await timed(previewOf(deps, { where: where(letter('a', { key: 'k' }).id), deadline: clock.now() + 50_000 }));
  expect(groups.map(({ fingerprint }) => fingerprint).sort()).toEqual(fingerprints);
});

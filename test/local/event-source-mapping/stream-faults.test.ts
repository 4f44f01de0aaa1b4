import { expect, test } from 'vitest';
import { putVersions, streamWorld, versions } from './stream-world.ts';

test('fault: a duplicated delivery repeats a batch that had succeeded, before the next one', async () => {
  let duplicates = 1;
  const { world, uuid } = streamWorld(
    { BatchSize: 1 },
    { faults: { beforeInvoke: () => (duplicates-- > 0 ? { kind: 'duplicate' } : undefined) } },
  );
  putVersions(world, 2);
  await world.clock.advanceAsync(10_000);
  expect(versions(world)).toEqual([[1], [1], [2]]);
  expect(world.mappings.stats(uuid).deleted).toBe(2);
});

test('fault: a lost response delivers the batch again and uses no retry', async () => {
  let losses = 2;
  const { world, uuid } = streamWorld(
    { MaximumRetryAttempts: 0 },
    { faults: { afterInvoke: () => (losses-- > 0 ? { kind: 'lose-response' } : undefined) } },
  );
  putVersions(world, 1);
  await world.clock.advanceAsync(10_000);
  expect(versions(world)).toEqual([[1], [1], [1]]);
  expect(world.mappings.stats(uuid)).toMatchObject({ deleted: 1, dropped: 0 });
});

test('fault: a skipped delivery comes later', async () => {
  let skips = 1;
  const { world } = streamWorld({}, { faults: { beforeInvoke: () => (skips-- > 0 ? { kind: 'skip' } : undefined) } });
  putVersions(world, 1);
  await world.clock.advanceAsync(100);
  expect(world.batches).toHaveLength(0);
  await world.clock.advanceAsync(10_000);
  expect(versions(world)).toEqual([[1]]);
});

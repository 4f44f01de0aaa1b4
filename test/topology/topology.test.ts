import { expect, test } from 'vitest';
import { createRng } from '../../lib/core/rng.ts';
import { createVirtualClock } from '../../lib/simulation/virtual-clock.ts';
import { createTopology } from '../../lib/topology/topology.ssm.ts';

function reading(pages: readonly (readonly string[])[]) {
  const inputs: Record<string, unknown>[] = [];
  const clock = createVirtualClock(createRng(1));
  const client = {
    async send({ input }: { input: Record<string, unknown> }) {
      inputs.push(input);
      const page = Number(input['NextToken'] ?? 0);
      const Parameters = (pages[page] ?? []).map((Value, index) => ({ Name: `/posthaste/shop/x/${index}`, Value }));
      return { Parameters, ...(page + 1 < pages.length && { NextToken: String(page + 1) }) };
    },
  };
  return { inputs, clock, topology: createTopology({ client, path: '/posthaste/shop', clock, rng: createRng(1) }) };
}

const outbox = (name: string) => JSON.stringify({ kind: 'outbox', name });

test('reads every page of the stack’s parameters once, and again only when something is missing', async () => {
  const { topology, inputs, clock } = reading([[outbox('a')], [outbox('b')]]);
  expect((await topology.entries()).map(({ name }) => name)).toEqual(['a', 'b']);
  expect(inputs[0]).toEqual({ Path: '/posthaste/shop', Recursive: true, MaxResults: 10 });
  await topology.entries();
  await topology.refresh();
  expect(inputs).toHaveLength(2);
  await clock.run(clock.now() + 61_000);
  await topology.refresh();
  expect(inputs).toHaveLength(4);
});

test('as of a time is what was read after it, and is not read for it twice in a minute', async () => {
  const { topology, inputs, clock } = reading([[outbox('a')]]);
  const begun = clock.now();
  expect(await topology.readAfter(begun)).toHaveLength(1);
  await clock.run(begun + 10_000);
  expect(await topology.readAfter(begun - 1)).toHaveLength(1);
  expect(await topology.readAfter(begun + 5_000)).toBeUndefined();
  expect(inputs).toHaveLength(1);
  await clock.run(begun + 60_000);
  expect(await topology.readAfter(begun + 5_000)).toHaveLength(1);
  expect(inputs).toHaveLength(2);
});

test.each(['no JSON', '{"kind":"other"}'])('says which parameter it cannot read: %s', async (value) => {
  await expect(reading([[value]]).topology.entries()).rejects.toMatchObject({
    code: 'TOPOLOGY_UNREADABLE',
    message: expect.stringContaining('/posthaste/shop/x/0'),
  });
});

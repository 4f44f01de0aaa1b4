import { afterAll, beforeAll, expect, test } from 'vitest';
import { killRedrive } from './redrive/kills.ts';
import { startHost } from './worlds.ts';

// `node test/wire/run.ts --kill-redrive 50` kills more often.
const KILLS = 10;

let host: Awaited<ReturnType<typeof startHost>>;
beforeAll(async () => {
  host = await startHost();
}, 60_000);
afterAll(() => host.end());

test('a redrive that is killed ten times loses nothing, sends nothing for good twice, and has an audit of each failure', {
  timeout: 120_000,
}, async () => {
  const { complaints, kills } = await killRedrive(host.endpoint, { seed: 1, kills: KILLS });
  expect([complaints, kills.atWork]).toEqual([[], KILLS]);
  expect(kills.inBatch).toBeGreaterThan(0);
});

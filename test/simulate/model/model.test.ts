import fc from 'fast-check';
import { expect, test } from 'vitest';
import { anyCommand } from './commands.ts';
import { createRig } from './rig.ts';

/** `MODEL_RUNS=2000 npx vitest run test/simulate/model` searches on, every time elsewhere. */
const RUNS = Number(process.env['MODEL_RUNS'] ?? 80);

/** What a failure prints runs again: `MODEL_REPLAY='{ "seed": 1, "path": "4:0", "replayPath": "/X:D" }'`. */
const { replayPath, ...replay } = JSON.parse(process.env['MODEL_REPLAY'] ?? '{}') as { seed?: number; path?: string; replayPath?: string };

/** Without a wish the same runs every time, so that nobody's change fails by chance. */
const parameters = { numRuns: RUNS, ...(process.env['MODEL_RUNS'] === undefined && { seed: 1 }), ...replay };

test('whatever happens in whatever order, every message is where the reference model says', {
  timeout: 60_000 + RUNS * 1_000,
}, async () => {
  const conditions = fc.record({ seed: fc.nat(0x7fff_ffff), hostile: fc.boolean() });
  const steps = fc.commands(anyCommand, { maxCommands: 25, size: 'max', ...(replayPath && { replayPath }) });
  let messages = 0;
  const run = fc.asyncProperty(conditions, steps, async (drawn, commands) => {
    const rig = createRig(drawn);
    await fc.asyncModelRun(() => ({ model: rig, real: rig }), commands);
    await rig.finish();
    messages += rig.model.units.flatMap((unit) => (unit.fate === 'committed' ? unit.messages : [])).length;
  });
  await fc.assert(run, parameters);
  // Runs in which nothing is committed would agree, too.
  if (replay.path === undefined) expect(messages).toBeGreaterThan(RUNS);
});

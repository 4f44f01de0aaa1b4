import fc from 'fast-check';
import { expect, test } from 'vitest';
import { anyCommand } from './commands.ts';
import { createRig } from './rig.ts';

/** `MODEL_RUNS=2000 vitest run test/simulate/model` searches on, from a seed of its own unless `MODEL_SEED` gives one. */
const RUNS = Number(process.env['MODEL_RUNS'] ?? 60);
const seed = process.env['MODEL_SEED'] === undefined ? {} : { seed: Number(process.env['MODEL_SEED']) };

test(
  'whatever happens in whatever order, the pipeline does what the reference model says',
  async () => {
    const conditions = fc.record({ seed: fc.nat(0x7fff_ffff), hostile: fc.boolean() });
    const run = fc.asyncProperty(conditions, fc.commands(anyCommand, { maxCommands: 25, size: 'max' }), async (drawn, commands) => {
      const rig = createRig(drawn);
      await fc.asyncModelRun(() => ({ model: rig, real: rig }), commands);
      await rig.finish();
    });
    await fc.assert(run, { numRuns: RUNS, ...seed });
    expect(true).toBe(true);
  },
  60_000 + RUNS * 1_000,
);

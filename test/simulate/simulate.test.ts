import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parsePlan, runPlan } from '../../lib/simulation/search/plan.ts';
import { EXPERIMENTS } from './experiments.ts';

const COMMAND = join(import.meta.dirname, 'simulate.ts');

/** Exit code and output of the command. */
function simulate(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [COMMAND, ...args], { timeout: 60_000 }, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr });
    });
  });
}

test('seeds of the reader’s choice are run on several threads, and what was tried is told as one document', async () => {
  const { code, stdout } = await simulate('pair', 'outgoing', '--seeds', '24', '--from', '900', '--workers', '2', '--json');
  expect(code).toBe(0);
  const report = JSON.parse(stdout) as { schedules: number; possible: number; covered: number; failures: unknown[] };
  expect(report).toMatchObject({ schedules: 24, failures: [], violations: [] });
  expect(report.covered).toBeGreaterThan(5);
  expect(report.possible).toBeGreaterThan(report.covered);
});

test('a replayed line shows the run, and its digest is that of the same plan here', async () => {
  const line = 'pair/3/trim=0.5/crashAfter@relay:sns:PublishBatch#0';
  const { code, stdout } = await simulate('--replay', line);
  const experiment = EXPERIMENTS.find(({ name }) => name === 'pair');
  const { history } = await runPlan(experiment as (typeof EXPERIMENTS)[number], parsePlan(line));
  expect(code).toBe(0);
  expect(stdout).toContain('fault=crashAfter');
  expect(stdout).toContain(`0 violations, digest ${history.digest().slice(0, 16)}`);
});

test('what cannot be understood is refused with exit code 2', async () => {
  expect(await simulate('--replay', 'nonsense')).toMatchObject({ code: 2, stderr: expect.stringContaining('not a plan: "nonsense"') });
  expect(await simulate('--seeds', 'x')).toMatchObject({ code: 2, stderr: expect.stringContaining("--seeds is 'x'") });
});

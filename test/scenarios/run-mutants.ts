import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MUTANTS, type Mutant } from './mutants.ts';

// Proves that the scenarios notice defects: applies one mutant at a time to a copy of the tree and expects the scenario's test to fail.
// `node test/scenarios/run-mutants.ts [S2 S9 …]` prints a line per mutant and exits with 1 when one survives or no longer applies.

const ROOT = join(import.meta.dirname, '../..');
const TREE = ['lib', 'test', 'lambdas', 'bin', 'package.json', 'tsconfig.json', 'vitest.config.ts', 'cdk.json'];
/** A mutant may make its test loop for ever: that is noticed, too. */
const TIMEOUT_MS = 600_000;

type Result = 'killed' | 'survived' | 'no longer applies';

function copyTree(): string {
  const copy = mkdtempSync(join(tmpdir(), 'posthaste-mutants-'));
  for (const name of TREE) cpSync(join(ROOT, name), join(copy, name), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
  return copy;
}

/** Whether the tests pass in the copy: those of one scenario, or all; a scenario without a test does not count as a pass. */
function passes(copy: string, scenario?: string): Promise<boolean> {
  const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs');
  const selection = scenario === undefined ? ['test/scenarios'] : [...filesOf(scenario), '-t', `\\b${scenario} `];
  const options = { cwd: copy, timeout: TIMEOUT_MS, env: { ...process.env, NO_COLOR: '1' }, maxBuffer: 64 * 1_048_576 };
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [vitest, 'run', ...selection], options, (error, stdout) => {
      if (!error && !/Tests +\d+ passed/.test(stdout)) reject(new Error(`no test of ${scenario} ran`));
      else resolve(!error);
    });
  });
}

/** The files that hold tests of a scenario: loading the others would take longer than the tests. */
function filesOf(scenario: string): readonly string[] {
  const names = readdirSync(import.meta.dirname).filter((name) => name.endsWith('.test.ts'));
  const files = names.filter((name) => readFileSync(join(import.meta.dirname, name), 'utf8').includes(`test('${scenario} `));
  if (files.length === 0) throw new Error(`no test of ${scenario} exists`);
  return files.map((name) => `test/scenarios/${name}`);
}

async function runMutant(copy: string, { scenario, file, find, replace }: Mutant): Promise<Result> {
  const path = join(copy, file);
  const original = readFileSync(path, 'utf8');
  if (original.split(find).length !== 2) return 'no longer applies';
  writeFileSync(
    path,
    original.replace(find, () => replace),
  );
  try {
    return (await passes(copy, scenario)) ? 'survived' : 'killed';
  } finally {
    writeFileSync(path, original);
  }
}

const wanted = new Set(process.argv.slice(2));
const mutants = MUTANTS.filter(({ scenario }) => wanted.size === 0 || wanted.has(scenario));
const copy = copyTree();
let failures = 0;
try {
  // A test that fails anyway would pass for one that has noticed something.
  if (!(await passes(copy))) throw new Error('the scenarios fail without a mutant');
  for (const mutant of mutants) {
    const result = await runMutant(copy, mutant);
    if (result !== 'killed') failures += 1;
    console.log(`${mutant.scenario.padEnd(4)} ${result.padEnd(17)} ${mutant.defect}`);
  }
} finally {
  rmSync(copy, { recursive: true, force: true });
}
process.exitCode = failures === 0 ? 0 : 1;

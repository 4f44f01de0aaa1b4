import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What a run of tests in a copy said. */
export interface TestRun {
  readonly passed: number;
  readonly failed: number;
  /** Worlds that were made until the first test failed, or in all. */
  readonly worlds: number;
  /** What the first failing test complained of. */
  readonly complaint?: string;
}

/** A private copy of the tree, to break and to test. */
export interface Copy {
  read(file: string): string;
  write(file: string, text: string): void;
  /** Runs vitest with further arguments, until the first failure. */
  test(selection: readonly string[]): Promise<TestRun>;
  remove(): void;
}

const ROOT = join(import.meta.dirname, '../..');
const TREE = ['lib', 'test', 'lambdas', 'bin', 'package.json', 'tsconfig.json', 'vitest.config.ts', 'cdk.json'];
/** A defect may make its test loop for ever: that is noticed, too. */
const TIMEOUT_MS = 120_000;
const WORLD = 'lib/simulation/world.ts';

/** Copies the tree as it is now. */
export function createCopy(): Copy {
  const home = mkdtempSync(join(tmpdir(), 'posthaste-mutants-'));
  for (const name of TREE) cpSync(join(ROOT, name), join(home, name), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(home, 'node_modules'));
  const read = (file: string) => readFileSync(join(home, file), 'utf8');
  const write = (file: string, text: string) => writeFileSync(join(home, file), text);
  write(WORLD, countWorlds(read(WORLD), join(home, 'worlds')));
  return {
    read,
    write,
    test: (selection) => runTests(home, selection),
    remove: () => rmSync(home, { recursive: true, force: true }),
  };
}

// Each world leaves a byte in a file: the count survives a test that is killed, and needs nothing of the tests.
function countWorlds(source: string, file: string): string {
  const declaration = 'export function createWorld(options: WorldOptions): World {';
  if (!source.includes(declaration)) throw new Error(`${WORLD} has no '${declaration}' to count worlds at`);
  const counting = `import { appendFileSync as countWorld } from 'node:fs';\n${source}`;
  return counting.replace(declaration, () => `${declaration}\n  countWorld(${JSON.stringify(file)}, '.');`);
}

interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly testResults: readonly {
    readonly message?: string;
    readonly assertionResults: readonly { readonly failureMessages?: readonly string[] | null }[];
  }[];
}

async function runTests(home: string, selection: readonly string[]): Promise<TestRun> {
  const [worlds, report] = [join(home, 'worlds'), join(home, 'report.json')];
  for (const file of [worlds, report]) rmSync(file, { force: true });
  const failed = await vitestFails(home, [
    '--bail=1',
    '--maxWorkers=1',
    '--testTimeout=20000',
    '--reporter=json',
    `--outputFile=${report}`,
    ...selection,
  ]);
  const count = existsSync(worlds) ? statSync(worlds).size : 0;
  if (!existsSync(report)) return { passed: 0, failed: 1, worlds: count, complaint: 'it never came to an end' };
  const { numPassedTests, numFailedTests, testResults } = JSON.parse(readFileSync(report, 'utf8')) as Report;
  const complaints = testResults.flatMap(({ message, assertionResults }) => [
    ...assertionResults.flatMap(({ failureMessages }) => failureMessages ?? []),
    message ?? '',
  ]);
  const complaint = complaints.find((text) => text !== '')?.split('\n')[0];
  // A file that cannot be loaded has no test that fails.
  return { passed: numPassedTests, failed: failed ? Math.max(1, numFailedTests) : 0, worlds: count, ...(complaint && { complaint }) };
}

function vitestFails(cwd: string, options: readonly string[]): Promise<boolean> {
  const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs');
  const settings = {
    cwd,
    timeout: TIMEOUT_MS,
    killSignal: 'SIGKILL',
    env: { ...process.env, NO_COLOR: '1' },
    maxBuffer: 64 * 1_048_576,
  } as const;
  return new Promise((resolve) => {
    execFile(process.execPath, [vitest, 'run', ...options], settings, (error) => resolve(error !== null));
  });
}

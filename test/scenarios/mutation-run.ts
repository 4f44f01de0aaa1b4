import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Mutant } from './mutants/mutant.ts';
import { MUTANTS } from './mutants.ts';
import { type Copy, createCopy } from './mutation-copy.ts';

/** How one mutant ended. */
export interface MutantResult extends Pick<Mutant, 'scenario' | 'defect' | 'file'> {
  readonly result: 'killed' | 'survived' | 'no longer applies';
  /** Schedules, which are worlds, that the scenario's tests ran until one failed; 0 where they need no world. */
  readonly schedules: number;
  readonly ms: number;
  /** What the failing test said. */
  readonly complaint?: string;
}

/** What to run, and how. */
export interface MutationOptions {
  /** Only mutants of these scenarios. @default - all */
  readonly scenarios?: readonly string[];
  /** Mutants under test at a time, each in a copy of the tree of its own. */
  readonly workers: number;
  readonly onResult?: (result: MutantResult) => void;
}

/**
 * Applies one mutant at a time to a copy of the tree and expects a test of its scenario to fail. Throws when the scenarios fail without
 * a mutant: a test that fails anyway would pass for one that has noticed something.
 */
export async function runMutants({ scenarios = [], workers, onResult = () => {} }: MutationOptions): Promise<readonly MutantResult[]> {
  const wanted = MUTANTS.filter(({ scenario }) => scenarios.length === 0 || scenarios.includes(scenario));
  if (wanted.length === 0) throw new TypeError(`no mutant is of ${scenarios.join(', ')}; write e.g. S8 or G4`);
  const filesOf = findTests();
  const jobs = wanted.map((mutant) => async (copy: Copy) => {
    const result = await runMutant(copy, mutant, filesOf(mutant.scenario));
    onResult(result);
    return result;
  });
  const results: MutantResult[] = [];
  const healthy = async (copy: Copy) => {
    const selection = [...new Set(wanted.flatMap(({ scenario }) => filesOf(scenario)))];
    const { failed, complaint } = await copy.test(selection);
    if (failed > 0) throw new Error(`the scenarios fail without a mutant: ${complaint}`);
  };
  const queue = [healthy, ...jobs.map((job) => async (copy: Copy) => void results.push(await job(copy)))];
  await Promise.all(Array.from({ length: Math.min(workers, queue.length) }, () => work(queue)));
  return wanted.flatMap((mutant) => results.filter(({ scenario, defect }) => scenario === mutant.scenario && defect === mutant.defect));
}

async function work(queue: ((copy: Copy) => Promise<void>)[]): Promise<void> {
  const copy = createCopy();
  try {
    for (let job = queue.shift(); job !== undefined; job = queue.shift()) await job(copy);
  } catch (error) {
    queue.length = 0;
    throw error;
  } finally {
    copy.remove();
  }
}

async function runMutant(copy: Copy, { scenario, defect, file, find, replace }: Mutant, files: readonly string[]): Promise<MutantResult> {
  const startedAt = performance.now();
  const original = copy.read(file);
  const end = (result: MutantResult['result'], rest: { schedules: number; complaint?: string } = { schedules: 0 }): MutantResult => ({
    ...{ scenario, defect, file, result, ms: Math.round(performance.now() - startedAt) },
    ...rest,
  });
  if (original.split(find).length !== 2) return end('no longer applies');
  const broken = original.replace(find, () => replace);
  try {
    copy.write(file, broken);
    const { passed, failed, worlds, complaint } = await copy.test([...files, '-t', `\\b${scenario} `]);
    if (passed + failed === 0) throw new Error(`no test of ${scenario} ran`);
    return end(failed > 0 ? 'killed' : 'survived', { schedules: worlds, ...(failed > 0 && complaint !== undefined && { complaint }) });
  } finally {
    copy.write(file, original);
  }
}

/** Finds the files that hold tests of a scenario: loading the others would take longer than the tests. */
function findTests(): (scenario: string) => readonly string[] {
  const names = readdirSync(import.meta.dirname).filter((name) => name.endsWith('.test.ts'));
  const texts = new Map(names.map((name) => [`test/scenarios/${name}`, readFileSync(join(import.meta.dirname, name), 'utf8')]));
  return (scenario) => {
    const files = [...texts].filter(([, text]) => text.includes(`'${scenario} `)).map(([name]) => name);
    if (files.length === 0) throw new Error(`no test of ${scenario} exists`);
    return files;
  };
}

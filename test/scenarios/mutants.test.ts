import { readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { MUTANTS } from './mutants.ts';

const ROOT = join(import.meta.dirname, '../..');
const sourceOf = (file: string) => readFileSync(join(ROOT, file), 'utf8');

test('every mutant applies to exactly one place of a file that is shipped', () => {
  const places = MUTANTS.map(({ scenario, defect, file, find }) => ({
    ...{ scenario, defect },
    shipped: /^(lib|lambdas)\//.test(file),
    count: sourceOf(file).split(find).length - 1,
  }));
  expect(places.filter(({ shipped, count }) => !shipped || count !== 1)).toEqual([]);
});

test('every mutant is a program still: one that does not load would prove nothing about its scenario', () => {
  const broken = MUTANTS.filter(({ file, find, replace }) => {
    try {
      return stripTypeScriptTypes(sourceOf(file).replace(find, () => replace)) === '';
    } catch {
      return true;
    }
  });
  expect(broken.map(({ scenario, defect }) => `${scenario} ${defect}`)).toEqual([]);
});

test('every defect is named once, and every scenario and promise that is tested has one', () => {
  expect(new Set(MUTANTS.map(({ defect }) => defect)).size).toBe(MUTANTS.length);
  const files = ['outbox-and-relay', 'fan-out', 'consumer', 'fifo', 'redrive', 'failure-store', 'promises'];
  const tested = files.flatMap((name) => [
    ...sourceOf(`test/scenarios/${name}.test.ts`)
      .matchAll(/test\(\s*['`]([SG]\d+) /g)
      .map(([, scenario = '']) => scenario),
  ]);
  const covered = new Set<string>(MUTANTS.map(({ scenario }) => scenario));
  expect(tested.length).toBeGreaterThan(45);
  expect([...new Set(tested)].filter((scenario) => !covered.has(scenario))).toEqual([]);
});

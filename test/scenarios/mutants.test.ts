import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { MUTANTS } from './mutants.ts';

const ROOT = join(import.meta.dirname, '../..');

test('every mutant applies to exactly one place of a file that is shipped', () => {
  const places = MUTANTS.map(({ scenario, file, find }) => [
    scenario,
    /^(lib|lambdas)\//.test(file),
    readFileSync(join(ROOT, file), 'utf8').split(find).length - 1,
  ]);
  expect(places.filter(([, shipped, count]) => !shipped || count !== 1)).toEqual([]);
});

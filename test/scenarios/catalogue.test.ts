import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { FIGURES_HEADING, guaranteesPage, testTitles } from '../simulate/docs/guarantees-page.ts';
import { GUARANTEES, SCENARIOS } from './catalogue.ts';
import { MUTANTS } from './mutants.ts';

const PAGE = join(import.meta.dirname, '../../docs/guarantees.md');

test('every scenario and every promise has a test and a mutant, and there are no others', () => {
  const known = [...SCENARIOS, ...GUARANTEES].map(({ id }) => id).sort();
  expect([...testTitles().keys()].sort()).toEqual(known);
  expect([...new Set(MUTANTS.map(({ scenario }) => scenario))].sort()).toEqual(known);
});

test('every promise stands behind a scenario or a test of its own, and every scenario behind a promise', () => {
  const promises = new Set(GUARANTEES.map(({ id }) => id));
  expect(SCENARIOS.filter(({ guarantees }) => guarantees.length === 0 || guarantees.some((id) => !promises.has(id)))).toEqual([]);
});

test('the page of guarantees says what the code says', () => {
  const page = readFileSync(PAGE, 'utf8');
  expect(page.slice(0, page.indexOf(FIGURES_HEADING))).toBe(guaranteesPage());
});

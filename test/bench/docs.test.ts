import { expect, test } from 'vitest';
import { describeMachine, docsPage, type MeasuredReport } from '../../bench/docs.ts';

const report = (suite: string, title: string, load = 0.5): MeasuredReport => ({
  ...{ suite, title, method: 'By hand.', tables: [], targets: [], load },
});
const order = ['first', 'second', 'third'];
const sections = (page: string) => [...page.matchAll(/^## (.*)$/gm)].map(([, title]) => title);

test('a page keeps the sections of suites that were not run again, in the order of all', () => {
  const before = docsPage([report('third', 'Three'), report('first', 'One')], describeMachine(), { before: '', order });
  const after = docsPage([report('first', 'One, again'), report('second', 'Two')], describeMachine(), { before, order });
  expect(sections(before)).toEqual(['One', 'Three']);
  expect(sections(after)).toEqual(['One, again', 'Two', 'Three']);
  expect(docsPage([], describeMachine(), { before: after, order })).toBe(after);
});

test('a section says when others were at work while it was measured', () => {
  const page = (load: number) => docsPage([report('first', 'One', load)], describeMachine(), { before: '', order });
  expect(page(0.5)).not.toContain('not idle');
  expect(page(1_000)).toContain('not idle');
});

import { expect, test } from 'vitest';
import { formatMarkdown, formatText, quantile, type Report, spreadOf } from '../../bench/report.ts';

test('a median is the middle of the sorted numbers, whatever order they came in', () => {
  expect(spreadOf([30, 1, 2, 1_000, 3])).toEqual({ min: 1, median: 3, max: 1_000 });
  expect(quantile([10, 9, 8, 7, 6, 5, 4, 3, 2, 1], 0.99)).toBe(10);
});

const report = (met: boolean): Report => ({
  suite: 'demo',
  title: 'A demo',
  method: 'By hand.',
  tables: [{ caption: 'Figures:', columns: ['what', 'how much'], rows: [['calls', 0.2]] }],
  targets: [{ what: 'calls', target: '≤ 1', measured: '0.2', met }],
});

test('a target that was missed stands out in both forms', () => {
  expect(formatText(report(false))).toContain('MISSED  calls: 0.2 (target ≤ 1)');
  expect(formatMarkdown(report(false))).toContain('| calls | ≤ 1 | 0.2 | **missed** |');
  expect(formatText(report(true)) + formatMarkdown(report(true))).not.toMatch(/missed/i);
});

test('a page names the command that prints each table', () => {
  expect(formatMarkdown(report(true))).toMatch(/^## A demo\n\n`npm run bench -- demo`\. By hand\./);
});

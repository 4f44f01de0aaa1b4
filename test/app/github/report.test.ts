import { expect, test } from 'vitest';
import { createReport, type ReportInput } from '../../../lib/app/github/demo/report.ts';

const asItIs = (text: string): string => text;
const TERMINAL = { line() {}, progress() {}, bold: asItIs, dim: asItIs, green: asItIs, red: asItIs };

const metric = (consumer: string, name: string, values: readonly number[]) => ({
  ...{ name, dimensions: { consumer }, values },
  sum: values.reduce((sum, value) => sum + value, 0),
});

const WELL = { releases: 0, announced: 0, kept: 0, inDoubt: 0, calls: 0, busyCalls: 0 };

const input: ReportInput = {
  verdict: { holds: true, accepted: 1, refused: 0, violations: [] },
  ...{ answers: [], deadLetters: [], chaos: undefined, sentAfterMs: 0, drainedAfterMs: 0 },
  statistics: { metrics: [], calls: {}, invocations: {}, errors: {} },
  outside: WELL,
  worked: { refusedCalls: 0, redrives: [], standings: {} },
};

function linesOf(outside: Partial<ReportInput['outside']>, metrics: ReportInput['statistics']['metrics'] = []): readonly string[] {
  const { lines } = createReport({ ...input, statistics: { ...input.statistics, metrics }, outside: { ...WELL, ...outside } });
  return lines(TERMINAL).filter((line) => /announced|paused/.test(line));
}

const verdictOf = (given: Partial<ReportInput>) => {
  const { holds, unusable, json, lines } = createReport({ ...input, ...given });
  const said = lines(TERMINAL);
  return { holds, unusable, json: json['unusable'], said: said.slice(said.lastIndexOf('') + 1) };
};

test('a run that proves nothing says so, to machines too, and claims no verdict', () => {
  const verdict = { holds: false, unusable: 'none was accepted', accepted: 0, refused: 1, violations: [] };
  const unusable = 'none was accepted';
  expect(verdictOf({ verdict })).toEqual({ holds: false, unusable, json: unusable, said: ['There is no verdict.'] });
});

test('a violation counts, however little was accepted and whatever chaos hit', () => {
  const verdict = { holds: false, unusable: 'none was accepted', accepted: 0, refused: 0, violations: ['a ghost'] };
  const chaos = { faults: { kills: 0 }, invocations: 9, invocationsHit: 0 } as unknown as ReportInput['chaos'];
  const said = ['The verdict does not hold: 1 violations', '  a ghost'];
  expect(verdictOf({ verdict, chaos })).toEqual({ holds: false, unusable: undefined, json: undefined, said });
  expect(verdictOf({ chaos })).toMatchObject({ holds: true, unusable: expect.stringContaining('chaos injected no kills') });
});

test('a run without releases and without a busy endpoint says nothing of them', () => {
  expect(linesOf({ calls: 9 })).toEqual([]);
});

test('announcements are counted with those that were lost, and those that nobody can tell about', () => {
  expect(linesOf({ releases: 13, announced: 12, kept: 1 })).toEqual([
    'announce-release announced 12 of 13 releases, at most once each; 1 kept as failures',
  ]);
  expect(linesOf({ releases: 13, announced: 11, kept: 3, inDoubt: 1 })).toEqual([
    'announce-release announced 11 of 13 releases, at most once each; 3 kept as failures, 1 of them announced without an answer',
  ]);
});

test('pauses are counted for their consumer alone, with the attempts that it charged', () => {
  const metrics = [
    metric('notify-maintainers', 'ConsumerPaused', [1, 1]),
    metric('notify-maintainers', 'MessagesRetried', [1]),
    metric('record-audit-trail', 'ConsumerPaused', [1]),
    metric('record-audit-trail', 'MessagesRetried', [7]),
  ];
  expect(linesOf({ calls: 51, busyCalls: 3 }, metrics)).toEqual([
    'notify-maintainers paused 2 times: its endpoint answered 429 to 3 of 51 calls and asked for 1 s; attempts charged: 1',
  ]);
});

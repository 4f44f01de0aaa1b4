import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { instant, printable, printableLines, span } from '../../../lib/cli/operator/printable.ts';
import { durationOf, rateOf } from '../../../lib/cli/operator/time-argument.ts';
import { compactJson, prettyJson } from '../../../lib/core/json-text.ts';
import { MOVE_RATE, REDRIVE_RATE } from '../../../lib/ops/rate.limits.ts';

describe('JSON as text', () => {
  test('is laid out as JSON.stringify does it, and back', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(prettyJson(JSON.stringify(value))).toBe(JSON.stringify(value, null, 2));
        expect(compactJson(JSON.stringify(value, null, 3))).toBe(JSON.stringify(value));
      }),
    );
  });

  test('keeps numbers that JavaScript cannot hold, duplicate names, and every escape', () => {
    const text = '{"id":12345678901234567890,"a":1.50,"a":1e400,"s":"\\u00e9 \\" {,"}';
    expect(compactJson(prettyJson(text))).toBe(text);
  });

  test('that is none comes back as it is', () => {
    expect([prettyJson('{"a": '), compactJson(' not json ')]).toEqual(['{"a": ', ' not json ']);
  });
});

describe('text of messages', () => {
  test('cannot steer a terminal', () => {
    expect(printable('a\u001b[2Jb\u202ec\u0007\ud800')).toBe('a\\u{1b}[2Jb\\u{202e}c\\u{7}\\u{d800}');
    expect(printableLines('x\r\n\ty\u001b]0;z')).toEqual(['x', '  y\\u{1b}]0;z']);
  });

  test('is one line and as long as there is room', () => {
    expect(printable(' one\n two  three ', 9)).toBe('one two …');
    expect(printable('one', 3)).toBe('one');
  });
});

test.each([
  [0, '0s'],
  [119, '119s'],
  [120, '2m'],
  [7_200, '2h'],
  [86_400, '24h'],
  [864_000, '10d'],
])('%d seconds are shown as %s', (seconds, shown) => {
  expect(span(seconds)).toBe(shown);
});

test('a time is shown in UTC, to the second', () => {
  expect(instant(Date.parse('2026-11-23T14:30:00.987Z'))).toBe('2026-11-23T14:30:00Z');
});

test.each([
  ['10/s', 10],
  ['600/min', 10],
  ['30/m', 0.5],
  ['7200/h', 2],
  ['25', 25],
  ['0.1/s', 0.1],
  ['6/min', 0.1],
  ['360/h', 0.1],
])('the rate %s is %d a second', (given, rate) => {
  expect(rateOf('--rate', given, REDRIVE_RATE)).toBe(rate);
});

test.each(['-1', '10/d', '1e3', '', 's', '10 / s'])('the rate %j is refused', (given) => {
  expect(() => rateOf('--rate', given, REDRIVE_RATE)).toThrow(/--rate takes messages per time such as 10\/s or 600\/min, not/);
});

test.each([
  ['1/min', '--rate takes 6/min to 60000/min, not "1/min"'],
  ['0/s', '--rate takes 0.1/s to 1000/s, not "0/s"'],
  ['1001', '--rate takes 0.1/s to 1000/s, not "1001"'],
])('a rate out of range, %s, is refused in its unit', (given, sentence) => {
  expect(() => rateOf('--rate', given, REDRIVE_RATE)).toThrow(sentence);
});

test('a move, which SQS does by the whole second, takes no part of a message', () => {
  expect(() => rateOf('--rate', '90/min', MOVE_RATE)).toThrow('--rate takes a whole number of messages a second here, not "90/min"');
});

test.each(['5', '1.2.3m', 'm', '', '5 m', '-5m'])('the span %j is refused', (given) => {
  expect(() => durationOf('--canary-wait', given)).toThrow(/--canary-wait takes a time span such as 90s/);
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Failure } from '../../lib/dlq/failure.ts';
import { editedCopy, renewedCopy } from '../../lib/ops/edited-copy.ts';
import { withMember } from '../../lib/ops/json-members.ts';
import { diffOf } from '../../lib/ops/line-diff.ts';
import { letter } from './redrive-world.ts';

function held(body: string, changes: Partial<Failure> = {}) {
  const { letterId, ...arrival } = letter('m1', { body });
  const failure: Failure = { ...arrival, body: { kind: 'inline', text: body }, letters: 1, redrives: 2, indexedAt: 0, ...changes };
  return { failure, body };
}

const refusal = (work: () => unknown) => {
  try {
    work();
    return undefined;
  } catch (error) {
    return error;
  }
};

describe('setting a member of a JSON text', () => {
  test('changes that member alone, whatever the text', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.string(), fc.jsonValue(), fc.nat(3), (object, name, value, indent) => {
        const text = JSON.stringify(object, null, indent);
        const changed = withMember(text, name, JSON.stringify(value));
        const expected = { ...JSON.parse(text), [name]: JSON.parse(JSON.stringify(value)) };
        if (name === '__proto__') return;
        expect(JSON.parse(changed)).toEqual(expected);
      }),
      { numRuns: 2_000, seed: 1 },
    );
  });

  test('keeps every other byte', () => {
    expect(withMember('{ "n": 1.0e5, "revision" : 1,\n"a":[{"revision":7}] }', 'revision', '2')).toBe(
      '{ "n": 1.0e5, "revision" : 2,\n"a":[{"revision":7}] }',
    );
    expect(withMember('{ }', 'revision', '2')).toBe('{"revision":2 }');
  });
});

describe('an edit', () => {
  test('keeps the id, counts the revision and reads what it has mended', () => {
    const copy = editedCopy(held('{"id":"m1","revision":4,"n":1}'), '{"id":"m1","type":"orders.order-changed","partitionkey":"k","n":2}');
    expect(copy).toMatchObject({ messageId: 'm1', messageType: 'orders.order-changed', key: 'k', status: 'open' });
    expect(copy.body).toBe('{"revision":5,"id":"m1","type":"orders.order-changed","partitionkey":"k","n":2}');
    expect(copy.id).not.toBe(held('{"id":"m1","revision":4,"n":1}').failure.id);
  });

  test.each([
    ['another id', '{"id":"m2","n":1}', 'the new body has the id "m2" and the message "m1"'],
    ['no id', '{"n":1}', 'the new body has the id that is missing'],
    ['no JSON', '{"id":', 'is no JSON object'],
    ['the same', '{"id":"m1","n":1}', 'says what it said'],
  ])('is refused with %s', (_, written, why) => {
    const error = refusal(() => editedCopy(held('{"id":"m1","n":1}'), written));
    expect(error).toMatchObject({ code: 'EDIT_REFUSED', message: expect.stringContaining(why) });
  });

  test('of a body that nobody could read may be anything', () => {
    expect(editedCopy(held('{"id":'), 'still no JSON').body).toBe('still no JSON');
    expect(editedCopy(held('{"id":'), '{"id":"m9"}')).toMatchObject({ body: '{"revision":1,"id":"m9"}', messageId: 'm9' });
  });

  test('of a failure that was parked stays parked', () => {
    expect(editedCopy(held('{"id":"m1","n":1}', { status: 'parked' }), '{"id":"m1","n":2}').status).toBe('parked');
  });
});

test('a renewal at the same time is the same copy, and one of what is no envelope is none', () => {
  const copy = renewedCopy(held('{"id":"m1","time":"2020-01-01T00:00:00Z"}'), 0);
  expect(copy).toEqual(renewedCopy(held('{"id":"m1","time":"2020-01-01T00:00:00Z"}'), 0));
  expect(copy).toMatchObject({ body: '{"revision":1,"id":"m1","time":"1970-01-01T00:00:00.000Z"}', messageTime: 0 });
  expect(renewedCopy(held('[]'), 0)).toBeUndefined();
});

describe('a diff', () => {
  test('shows what changed with three lines around it', () => {
    const before = '{"a":1,"b":2,"c":3,"d":4,"e":5,"f":6,"g":7,"h":8}';
    expect(diffOf(before, before.replace('"e":5', '"e":50'))).toBe(
      [
        '@@ -3,7 +3,7 @@',
        '   "b": 2,',
        '   "c": 3,',
        '   "d": 4,',
        '-  "e": 5,',
        '+  "e": 50,',
        '   "f": 6,',
        '   "g": 7,',
        '   "h": 8',
      ].join('\n'),
    );
    expect(diffOf('{"a":1}', '{ "a": 1 }')).toBe('');
  });

  test('turns one text into the other', () => {
    const line = fc.constantFrom('a', 'b', 'c', 'd');
    fc.assert(
      fc.property(fc.array(line, { minLength: 1, maxLength: 30 }), fc.array(line, { minLength: 1, maxLength: 30 }), (before, after) => {
        expect(applied(before, diffOf(before.join('\n'), after.join('\n')))).toEqual(after);
      }),
      { numRuns: 1_000, seed: 2 },
    );
  });

  test('of texts of thousands of lines is not slow', () => {
    const lines = (salt: string) => Array.from({ length: 5_000 }, (_, index) => `${salt}${index}`).join('\n');
    expect(diffOf(lines('a'), lines('b')).split('\n')).toHaveLength(10_001);
  });
});

/** Applies a unified diff as `patch` does. */
function applied(lines: readonly string[], diff: string): string[] {
  const result: string[] = [];
  let at = 0;
  for (const line of diff === '' ? [] : diff.split('\n')) {
    const [, from] = /^@@ -(\d+)/.exec(line) ?? [];
    if (from !== undefined) {
      result.push(...lines.slice(at, Number(from) - 1));
      at = Number(from) - 1;
    } else if (line.startsWith('+')) result.push(line.slice(1));
    else {
      expect(lines[at]).toBe(line.slice(1));
      if (line.startsWith(' ')) result.push(line.slice(1));
      at += 1;
    }
  }
  return [...result, ...lines.slice(at)];
}

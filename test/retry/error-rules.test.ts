import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { deadLetter, discard, pause, retry, retryNow } from '../../lib/retry/error-outcome.ts';
import { type ErrorMatch, type ErrorRule, errorRule, findRule, strangerAmong } from '../../lib/retry/error-rules.ts';
import { Permanent } from '../../lib/retry/retry.errors.ts';

class CardError extends Error {
  readonly code = 'CARD_EXPIRED';
}

const find = (match: ErrorMatch, error: unknown, type = 'orders.order-placed') =>
  findRule([errorRule(match, deadLetter())], { error, type }, () => {});
const refused = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });
const wrapped = new Error('no bank', { cause: new Error('no network', { cause: refused }) });

describe('a rule matches', () => {
  test.each([
    ['a class', CardError, new CardError()],
    ['a class above it', Error, new CardError()],
    ['a class as a member', { class: CardError }, new CardError()],
    ['a code of its own', { code: 'CARD_EXPIRED' }, new CardError()],
    ['a code of this library', { code: 'PERMANENT' }, new Permanent('no')],
    ['a name', { name: 'TypeError' }, new TypeError('no')],
    ['a cause by class', { cause: TypeError }, new Error('no', { cause: new TypeError('no') })],
    ['a cause far behind', { cause: { code: 'ECONNREFUSED' } }, wrapped],
    ['a cause of a cause', { cause: { cause: { code: 'ECONNREFUSED' } } }, wrapped],
    ['a predicate', { when: (error: unknown) => error === 'oops' }, 'oops'],
    ['the type of the message', { type: 'orders.order-placed' }, new Error('no')],
    ['the type by definition', { type: { name: 'orders.order-placed' } }, undefined],
    ['everything that is given', { class: CardError, code: 'CARD_EXPIRED', type: 'orders.order-placed' }, new CardError()],
  ] as const)('%s', (_, match, error) => expect(find(match, error)).toBeDefined());
});

describe('a rule does not match', () => {
  const circular = new Error('a');
  circular.cause = circular;
  test.each([
    ['another class', TypeError, new CardError()],
    ['another code', { code: 'CARD_LOST' }, new CardError()],
    ['a code that is a number', { code: '5' }, Object.assign(new Error('no'), { code: 5 })],
    ['another name', { name: 'Error' }, new TypeError('no')],
    ['the error itself as its cause', { cause: CardError }, new CardError()],
    ['causes in a circle', { cause: TypeError }, circular],
    ['another type', { type: 'orders.order-paid' }, new Error('no')],
    ['one of two', { class: CardError, code: 'CARD_LOST' }, new CardError()],
    ['what is no error', { code: 'X' }, null],
  ] as const)('%s', (_, match, error) => expect(find(match, error)).toBeUndefined());

  test('when its predicate throws, which is told; the next one is asked', () => {
    const told: unknown[] = [];
    const broken = errorRule({ when: () => (undefined as never as { x: boolean }).x }, discard('never'));
    const next = errorRule(Error, deadLetter());
    expect(findRule([broken, next], { error: new Error('no'), type: 'a' }, (error) => told.push(error))).toBe(next);
    expect(told).toEqual([expect.any(TypeError)]);
  });
});

test('of any rules in any order, the first that matches decides', () => {
  const codes = ['A', 'B', 'C'];
  const rules: fc.Arbitrary<ErrorRule[]> = fc.array(
    fc
      .record(
        { code: fc.constantFrom(...codes), type: fc.option(fc.constantFrom('x', 'y'), { nil: undefined }) },
        { requiredKeys: ['code'] },
      )
      .map(({ code, type }) => errorRule({ code, ...(type !== undefined && { type }) }, deadLetter())),
  );
  fc.assert(
    fc.property(rules, fc.constantFrom(...codes), fc.constantFrom('x', 'y'), (list, code, type) => {
      const found = findRule(list, { error: { code }, type }, () => {});
      const fits = ({ match }: ErrorRule) => typeof match === 'object' && match.code === code && (match.type ?? type) === type;
      expect(found).toBe(list[list.findIndex(fits)]);
    }),
  );
});

test('what stands among rules and is none is told with its place', () => {
  expect(strangerAmong([errorRule(Error, deadLetter()), { code: 'CARD_EXPIRED' }])).toEqual({ index: 1, text: 'an object of code' });
  expect(strangerAmong([null])).toEqual({ index: 0, text: 'null' });
  expect(strangerAmong([errorRule(Error, deadLetter())])).toBeUndefined();
});

test.each([
  ['a match by nothing', () => errorRule({}, deadLetter()), /matches by nothing/],
  ['a cause that names nothing', () => errorRule({ cause: {} }, deadLetter()), /matches by nothing/],
  [
    'a member that does not exist',
    () => errorRule({ message: 'no' } as never, deadLetter()),
    /matches by message; it matches by class, code/,
  ],
  ['no attempts', () => retry(undefined, { attempts: 0 }), /attempts of retry\(\) is 0; it is a whole number from 1 to 100/],
  ['a retry at once without end', () => retryNow(1_000), /times of retryNow\(\) is 1000/],
  ['a discard without a reason', () => discard(' '), /the reason of discard\(\) is empty/],
  ['a discard without anything', () => discard(undefined as never), /the reason of discard\(\) is undefined; say why/],
  ['a rule for nothing', () => errorRule(undefined as never, deadLetter()), /matches by undefined; it matches by a class, or by a pattern/],
  [
    'a rule without an outcome',
    () => errorRule(Error, undefined as never),
    /the outcome of an error rule is undefined; it is what retry\(\)/,
  ],
  ['an outcome that was not called', () => errorRule(Error, deadLetter as never), /is the function deadLetter; it is what/],
  ['an object of nobody as outcome', () => errorRule(Error, { kind: 'drop' } as never), /is an object of kind; it is what/],
  ['a retry of attempts for a policy', () => retry({ attempts: 3 } as never), /takes an object of attempts for a policy; make one with/],
  ['a pause of nothing', () => pause(0), /pause\(\) is for 0 ms/],
  ['an endless pause', () => pause(Number.POSITIVE_INFINITY), /pause\(\) is for Infinity ms/],
  ['a pause that is no number', () => pause(Number.NaN), /pause\(\) is for NaN ms/],
  [
    'a pause in words',
    () => pause('15m' as never),
    /pause\(\) takes a number of milliseconds, not '15m': 15 minutes are pause\(15 \* 60_000\)/,
  ],
])('%s is refused where it is written', (_, define, message) => {
  expect(define).toThrowError(message);
  expect(define).toThrowError(expect.objectContaining({ code: 'RETRY_CONFIG' }));
});

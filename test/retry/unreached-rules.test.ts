import { expect, test } from 'vitest';
import { deadLetter } from '../../lib/retry/error-outcome.ts';
import { type ErrorMatch, errorRule } from '../../lib/retry/error-rules.ts';
import { unreachedRules } from '../../lib/retry/unreached-rules.ts';

class CardError extends Error {}
const isLate = () => true;
const isEarly = () => true;
const rulesOf = (matches: readonly ErrorMatch[]) => matches.map((match) => errorRule(match, deadLetter()));

test.each<[string, ErrorMatch, ErrorMatch]>([
  ['one for every error', Error, { code: 'A' }],
  ['one for every error, as a pattern', { class: Error }, { when: isLate }],
  ['one for its class', CardError, CardError],
  ['one for a class above it', TypeError, { class: class Narrow extends TypeError {}, code: 'A' }],
  ['one that wants less', { code: 'A' }, { code: 'A', type: 'orders.order-placed' }],
  ['one for its type, by definition', { type: { name: 'orders.order-placed' } }, { type: 'orders.order-placed', name: 'X' }],
  ['one for its cause', { cause: { code: 'A' } }, { cause: { code: 'A', name: 'X' }, when: isLate }],
  ['one that asks the same', { when: isLate }, { when: isLate }],
])('a rule behind %s is never reached', (_, first, second) => {
  expect(unreachedRules(rulesOf([{ name: 'Other' }, first, second]))).toEqual([{ rule: 2, behind: 1 }]);
});

test.each<[string, ErrorMatch, ErrorMatch]>([
  ['a class below it', CardError, Error],
  ['another class', CardError, TypeError],
  ['another code', { code: 'A' }, { code: 'B' }],
  ['more than it wants', { code: 'A', name: 'X' }, { code: 'A' }],
  ['every error of one type', { class: Error, type: 'orders.order-placed' }, { code: 'A' }],
  ['every cause', { cause: Error }, { code: 'A' }],
  ['its cause by another code', { cause: { code: 'A' } }, { cause: { code: 'B' } }],
  ['another predicate', { when: isEarly }, { when: isLate }],
])('a rule behind one for %s is', (_, first, second) => {
  expect(unreachedRules(rulesOf([first, second]))).toEqual([]);
});

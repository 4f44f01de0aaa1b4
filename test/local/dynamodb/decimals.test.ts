import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addNumbers, compareNumbers, normalNumber, numberSize, orderText, subtractNumbers } from '../../../lib/local/dynamodb/decimal.ts';
import { refused } from './dynamodb-harness.ts';

const ORDERED = [
  '-9.9e125',
  '-123',
  '-12',
  '-1.5',
  '-1',
  '-0.5',
  '-1e-130',
  '0',
  '1e-130',
  '0.05',
  '0.5',
  '1',
  '1.05',
  '1.5',
  '12',
  '123',
  '9.9e125',
];

describe('a number', () => {
  test.each([
    ['0042.1200', '42.12'],
    ['-0', '0'],
    ['1E3', '1000'],
    ['+7', '7'],
    ['.5', '0.5'],
    ['5.', '5'],
    ['1e-3', '0.001'],
    ['120e-1', '12'],
    ['1E125', `1${'0'.repeat(125)}`],
    ['1234567890123456789012345678901234567800', '1234567890123456789012345678901234567800'],
  ])('%s is stored as %s', (given, stored) => {
    expect(normalNumber(given)).toBe(stored);
  });

  test.each([
    ['1e126', 'Number overflow. Attempting to store a number with magnitude larger than supported range'],
    ['-1e99999999999', 'Number overflow. Attempting to store a number with magnitude larger than supported range'],
    ['1e-131', 'Number underflow. Attempting to store a number with magnitude smaller than supported range'],
    ['1234567890123456789012345678901234567890.1', 'Attempting to store more than 38 significant digits in a Number'],
    ['', 'The parameter cannot be converted to a numeric value: '],
    [' 1', 'The parameter cannot be converted to a numeric value:  1'],
    ['0x10', 'The parameter cannot be converted to a numeric value: 0x10'],
    ['NaN', 'The parameter cannot be converted to a numeric value: NaN'],
    ['1e', 'The parameter cannot be converted to a numeric value: 1e'],
    ['1.2.3', 'The parameter cannot be converted to a numeric value: 1.2.3'],
  ])('%s is refused', (given, message) => {
    expect(refused(() => normalNumber(given)).message).toBe(message);
  });

  test('sorts by value, as a number and as key text', () => {
    const numbers = ORDERED.map(normalNumber);
    expect(numbers.toReversed().sort(compareNumbers)).toEqual(numbers);
    expect(numbers.map(orderText).toSorted()).toEqual(numbers.map(orderText));
  });

  test('compares exactly beyond what a double can hold', () => {
    expect(compareNumbers('9007199254740993', '9007199254740992')).toBeGreaterThan(0);
    expect(compareNumbers('0.1', '0.10000000000000000000000000000000000001')).toBeLessThan(0);
  });

  test.each([
    ['0', 1],
    ['1', 2],
    ['12', 2],
    ['123', 3],
    ['-1', 3],
    ['123456', 4],
    ['3.14159', 5],
    [normalNumber('1E125'), 2],
    ['0.001', 2],
    ['12345678901234567890123456789012345678', 20],
  ])('%s costs %i bytes', (number, bytes) => {
    expect(numberSize(number)).toBe(bytes);
  });

  test('adds and subtracts exactly', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }), fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }), (a, b) => {
        expect(addNumbers(String(a), String(b))).toBe(String(a + b));
        expect(subtractNumbers(String(a), String(b))).toBe(String(a - b));
        expect(Math.sign(compareNumbers(String(a), String(b)))).toBe(a < b ? -1 : a > b ? 1 : 0);
        expect(orderText(String(a)) < orderText(String(b))).toBe(a < b);
      }),
    );
  });
});

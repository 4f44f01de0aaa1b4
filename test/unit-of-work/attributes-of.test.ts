import { marshall, NumberValueImpl } from '@aws-sdk/util-dynamodb';
import { expect, test } from 'vitest';
import { attributesOf } from '../../lib/unit-of-work/attributes-of.ts';

test('an item has the attributes that the SDK makes of it, whatever it holds', () => {
  const item = {
    texts: ['', 'ö', '0'],
    text: '',
    whole: [0, -0, 7, -7, Number.MAX_SAFE_INTEGER, 10n ** 30n],
    zero: -0,
    broken: [0.1, 1e-7, -2.5],
    exact: NumberValueImpl.from('0.12345678901234567890'),
    flags: [true, false, null],
    bytes: new Uint8Array([1, 2]),
    sets: [new Set(['a']), new Set([1]), new Set([new Uint8Array([1])])],
    map: { deep: { er: [undefined, 1], gone: undefined } },
    pairs: new Map([['a', 1]]),
    gone: undefined,
    run: () => 1,
  };
  expect(attributesOf(item)).toEqual(marshall(item, { removeUndefinedValues: true }));
});

test.each([Number.NaN, Number.POSITIVE_INFINITY, 2 ** 60, new Date(0), Symbol('a')])('%s is refused as the SDK refuses it', (value) => {
  expect(() => attributesOf({ value })).toThrow();
  expect(() => marshall({ value }, { removeUndefinedValues: true })).toThrow();
});

import { invalid } from './refusals.ts';

/**
 * DynamoDB's numbers: decimals of up to 38 significant digits and magnitudes from 1E-130 to 9.99E+125, exact, written without
 * exponent and without superfluous zeros (Developer guide, "Data types": Number).
 */
interface Decimal {
  readonly negative: boolean;
  /** Significant digits without leading and trailing zeros; empty for zero. */
  readonly digits: string;
  /** The power of ten of the first digit. */
  readonly exponent: number;
}

const PLAIN_INTEGER = /^(?:0|-?[1-9]\d{0,37})$/;
/** Whole numbers without zeros at either end, whose size shows without taking them apart. */
const SHORT_INTEGER = /^[1-9](?:\d{0,20}[1-9])?$/;
const NUMBER = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/;
const MAX_DIGITS = 38;
const MAX_EXPONENT = 125;
const MIN_EXPONENT = -130;

/** The canonical text of a number, or a refusal when it is no number or out of range. */
export function normalNumber(text: string): string {
  return PLAIN_INTEGER.test(text) ? text : write(inRange(parse(text)));
}

/** Negative, zero or positive as `a` is below, equal to or above `b`; both canonical. */
export function compareNumbers(a: string, b: string): number {
  if (a === b) return 0;
  // Up to 15 significant digits a double keeps decimal order.
  if (a.length <= 15 && b.length <= 15) return Number(a) - Number(b);
  const [left, right] = [orderText(a), orderText(b)];
  return left < right ? -1 : left > right ? 1 : 0;
}

/** The exact sum, canonical. */
export function addNumbers(a: string, b: string): string {
  return sum(parse(a), parse(b));
}

/** The exact difference, canonical. */
export function subtractNumbers(a: string, b: string): string {
  const right = parse(b);
  return sum(parse(a), { ...right, negative: !right.negative });
}

/** A text whose code unit order is the numbers' order: sign, exponent, digits (complemented below zero). */
export function orderText(number: string): string {
  const { negative, digits, exponent } = parse(number);
  if (digits === '') return '1';
  const magnitude = exponent - MIN_EXPONENT + 100;
  if (!negative) return `2${magnitude}${digits}`;
  // Below zero a larger magnitude comes first, and a shorter number after a longer one that continues it.
  return `0${999 - magnitude}${digits.replace(/\d/g, (digit) => String(9 - Number(digit)))}~`;
}

/**
 * The bytes a number costs in an item: 1, plus half a byte per significant digit rounded up on each side of the point,
 * plus 1 below zero (measured at the 400 KB boundary; the developer guide's rule is only approximate).
 */
export function numberSize(number: string): number {
  if (SHORT_INTEGER.test(number)) return 1 + Math.ceil(number.length / 2);
  const { negative, digits, exponent } = parse(number);
  if (digits === '') return 1;
  const integers = Math.min(Math.max(exponent + 1, 0), digits.length);
  const fractions = digits.length - integers;
  return 1 + Math.ceil(integers / 2) + Math.ceil(fractions / 2) + (negative ? 1 : 0);
}

function parse(text: string): Decimal {
  const match = NUMBER.exec(text);
  const [, sign, integer = '', fraction = '', power = '0'] = match ?? [];
  if (!match || integer.length + fraction.length === 0) throw invalid(`The parameter cannot be converted to a numeric value: ${text}`);
  const all = integer + fraction;
  const first = all.search(/[1-9]/);
  if (first < 0) return { negative: false, digits: '', exponent: 0 };
  const digits = all.slice(first).replace(/0+$/, '');
  return { negative: sign === '-', digits, exponent: Number(power) + integer.length - 1 - first };
}

function inRange(number: Decimal): Decimal {
  if (number.digits === '') return number;
  if (number.exponent > MAX_EXPONENT)
    throw invalid('Number overflow. Attempting to store a number with magnitude larger than supported range');
  if (number.exponent < MIN_EXPONENT)
    throw invalid('Number underflow. Attempting to store a number with magnitude smaller than supported range');
  if (number.digits.length > MAX_DIGITS) throw invalid('Attempting to store more than 38 significant digits in a Number');
  return number;
}

function write({ negative, digits, exponent }: Decimal): string {
  if (digits === '') return '0';
  const sign = negative ? '-' : '';
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`;
  if (digits.length <= exponent + 1) return `${sign}${digits}${'0'.repeat(exponent + 1 - digits.length)}`;
  return `${sign}${digits.slice(0, exponent + 1)}.${digits.slice(exponent + 1)}`;
}

function sum(a: Decimal, b: Decimal): string {
  const unit = Math.min(a.exponent - a.digits.length, b.exponent - b.digits.length) + 1;
  const total = scaled(a, unit) + scaled(b, unit);
  const digits = String(total < 0n ? -total : total);
  return write(inRange(parse(`${total < 0n ? '-' : ''}${digits}e${unit}`)));
}

function scaled({ negative, digits, exponent }: Decimal, unit: number): bigint {
  if (digits === '') return 0n;
  const value = BigInt(digits) * 10n ** BigInt(exponent - digits.length + 1 - unit);
  return negative ? -value : value;
}

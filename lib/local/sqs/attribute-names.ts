import { hasForbiddenCharacter, isBinary, type MessageAttribute, type MessageAttributes } from './message-attributes.ts';

/** What is wrong with an attribute, for the service to put into its own words. */
export type AttributeFault =
  | { readonly kind: 'name-length' | 'type-length' | 'successive-dots'; readonly name: string }
  | { readonly kind: 'name-start' | 'name-end' | 'reserved-prefix'; readonly name: string }
  | { readonly kind: 'name-character'; readonly name: string; readonly character: string }
  | {
      readonly kind: 'unknown-type' | 'empty-value' | 'wrong-field' | 'not-a-number' | 'forbidden-character';
      readonly name: string;
      readonly type: string;
    };

// SQS Developer Guide, "Amazon SQS message metadata": name and type up to 256 characters; names of letters, digits, `_`, `-` and `.`,
// neither starting nor ending with a dot, no two dots in a row, not starting with `AWS.` or `Amazon.` in any case.
const MAX_LENGTH = 256;
const FORBIDDEN_NAME_CHARACTER = /[^A-Za-z0-9_.-]/;
const RESERVED_PREFIX = /^(aws|amazon)\./i;
const KNOWN_TYPE = /^(String|Number|Binary)(\..+)?$/;
// "Number": up to 38 digits of precision between 10^-128 and 10^126.
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?$/;
const MAX_DIGITS = 38;

/** The first thing wrong with the attributes by the rules that SQS and SNS share, or undefined. */
export function attributeFault(attributes: MessageAttributes): AttributeFault | undefined {
  for (const name in attributes) {
    const fault = nameFault(name) ?? valueFault(name, attributes[name] as MessageAttribute);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function nameFault(name: string): AttributeFault | undefined {
  if (name.length === 0 || name.length > MAX_LENGTH) return { kind: 'name-length', name };
  const character = FORBIDDEN_NAME_CHARACTER.exec(name)?.[0];
  if (character !== undefined) return { kind: 'name-character', name, character };
  if (name.startsWith('.')) return { kind: 'name-start', name };
  if (name.endsWith('.')) return { kind: 'name-end', name };
  if (name.includes('..')) return { kind: 'successive-dots', name };
  return RESERVED_PREFIX.test(name) ? { kind: 'reserved-prefix', name } : undefined;
}

function valueFault(name: string, attribute: MessageAttribute): AttributeFault | undefined {
  const type: unknown = (attribute as MessageAttribute | null | undefined)?.DataType;
  if (typeof type !== 'string') return { kind: 'unknown-type', name, type: type === undefined ? 'undefined' : typeof type };
  if (!KNOWN_TYPE.test(type)) return { kind: 'unknown-type', name, type };
  if (type.length > MAX_LENGTH) return { kind: 'type-length', name };
  const [value, other] = isBinary(attribute)
    ? [attribute.BinaryValue, attribute.StringValue]
    : [attribute.StringValue, attribute.BinaryValue];
  if ((value === undefined || value === null) && other) return { kind: 'wrong-field', name, type };
  if (!value) return { kind: 'empty-value', name, type };
  if (isBinary(attribute)) return undefined;
  if (hasForbiddenCharacter(value)) return { kind: 'forbidden-character', name, type };
  return type.startsWith('Number') && !isNumber(value) ? { kind: 'not-a-number', name, type } : undefined;
}

function isNumber(text: string): boolean {
  if (!NUMBER.test(text)) return false;
  const digits = text
    .replace(/[eE].*$/, '')
    .replace(/\D/g, '')
    .replace(/^0+|0+$/g, '');
  return digits.length <= MAX_DIGITS;
}

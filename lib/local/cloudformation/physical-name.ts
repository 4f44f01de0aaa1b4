import { createHash } from 'node:crypto';

/** What a generated name is made from. */
export interface NameParts {
  readonly stackName: string;
  readonly stackId: string;
  readonly logicalId: string;
  /** How many were made before it, so that a new resource never meets the old one's name. */
  readonly generation: number;
}

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const SUFFIX_LENGTH = 12;

/**
 * A name as CloudFormation makes them: `Stack-LogicalId-SUFFIX`, cut to the type's longest name. The suffix follows from the
 * stack's id, so the same ids give the same names.
 */
export function physicalName(
  parts: NameParts,
  { maxLength = 255, lowerCase = false }: { maxLength?: number; lowerCase?: boolean } = {},
): string {
  const suffix = suffixOf(parts);
  const room = maxLength - suffix.length - 2;
  const half = Math.floor(room / 2);
  const stack = parts.stackName.slice(0, Math.max(half, room - parts.logicalId.length));
  const id = parts.logicalId.slice(0, room - stack.length);
  const name = `${stack}-${id}-${suffix}`;
  return lowerCase ? name.toLowerCase() : name;
}

function suffixOf({ stackId, logicalId, generation }: NameParts): string {
  const digest = createHash('sha256').update(`${stackId}/${logicalId}/${generation}`).digest();
  return [...digest.subarray(0, SUFFIX_LENGTH)].map((byte) => ALPHABET[byte % ALPHABET.length]).join('');
}

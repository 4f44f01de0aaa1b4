/** A body as JSON; undefined for anything that is not one JSON value in UTF-8. */
export function parsePayload(bytes: Uint8Array): { readonly text: string; readonly value: unknown } | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return { text, value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

// No integer of fewer digits is changed; most payloads hold no longer run of digits, and are not read twice.
const MANY_DIGITS = /\d{16}/;

/** Strings are matched first, so that the digits in them are left alone. */
const STRING_OR_NUMBER = /"(?:[^"\\]+|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/**
 * The first integer in a JSON text that would leave with other digits, because a double does not hold it: an id would become another id.
 * Undefined when there is none.
 */
export function changedInteger(json: string): string | undefined {
  if (!MANY_DIGITS.test(json)) return undefined;
  for (const [token] of json.matchAll(STRING_OR_NUMBER)) {
    if (/^-?\d{16,}$/.test(token) && isChanged(token)) return token;
  }
  return undefined;
}

// A double is written with the fewest digits that tell it from its neighbours, which need not be all of its own.
function isChanged(integer: string): boolean {
  const value = Number(integer);
  return String(value) !== integer && (!Number.isFinite(value) || BigInt(value) !== BigInt(integer));
}

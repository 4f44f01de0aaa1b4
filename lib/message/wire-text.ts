import { MAX_ID_LENGTH } from './message.contract.ts';

/**
 * Which text survives the trip. SQS refuses characters outside `#x9 | #xA | #xD | #x20-#xD7FF | #xE000-#xFFFD | #x10000-#x10FFFF`
 * (SendMessage API reference). Inside JSON an escape helps; in an attribute nothing does.
 */

// Biome's rule is about control characters that slipped in; here they are the subject.
// biome-ignore lint/suspicious/noControlCharactersInRegex: the set that SQS refuses
const REFUSED = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/;
const REFUSED_IN_JSON = /[\ufffe\uffff]/g;

/** What keeps a text from standing in an attribute or identifier, or undefined when nothing does. */
export function textProblem(text: string): string | undefined {
  if (!text.isWellFormed()) return 'it holds half of a surrogate pair, which becomes another character on the wire';
  const refused = REFUSED.exec(text)?.[0];
  if (refused !== undefined) return `it holds U+${codePoint(refused)}, which SQS refuses`;
  return undefined;
}

/** What keeps a text from being an id of an envelope, or undefined when nothing does: senders and readers ask the same question. */
export function idProblem(text: string): string | undefined {
  if (text === '') return 'it is empty';
  if (text.length > MAX_ID_LENGTH) return `it has ${text.length} characters, at most ${MAX_ID_LENGTH} are taken`;
  return textProblem(text);
}

/** Escapes the characters that JSON leaves alone and SQS refuses (U+FFFE, U+FFFF); the parsed value stays the same. */
export function escapeForSqs(json: string): string {
  return json.replace(REFUSED_IN_JSON, (character) => `\\u${codePoint(character).toLowerCase()}`);
}

function codePoint(character: string): string {
  return character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0');
}

const URI_REFERENCE = /^(?:[\w\-.~:/?@!$&'()*+,;=]|%[0-9a-f]{2})+(?:#(?:[\w\-.~:/?@!$&'()*+,;=]|%[0-9a-f]{2})*)?$/i;
const SCHEME = /^[a-z][a-z0-9+.-]*$/i;

/** Whether a text is a URI reference (RFC 3986), as the `source` of a CloudEvent must be. */
export function isUriReference(text: string): boolean {
  if (!URI_REFERENCE.test(text)) return false;
  const [first = ''] = text.split(/[/?#]/, 1);
  const colon = first.indexOf(':');
  return colon === -1 || SCHEME.test(first.slice(0, colon));
}

// "MessageGroupId: 128 characters, alphanumeric and punctuation" (SendMessage API reference).
const GROUP_TEXT = /^[!-~]{1,128}$/;

/** Whether a text can be a MessageGroupId as it is. */
export function isGroupText(text: string): boolean {
  return GROUP_TEXT.test(text);
}

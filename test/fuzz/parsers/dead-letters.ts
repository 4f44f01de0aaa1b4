import { FAILURE_RECORD_MAX_BYTES } from '../../../lib/dlq/dlq.contract.ts';
import { decodeFailureRecord, failureRecord } from '../../../lib/dlq/failure-record.ts';
import { encodeFailureRecord } from '../../../lib/dlq/fit-failure-record.ts';
import { hasForbiddenCharacter } from '../../../lib/local/sqs/message-attributes.ts';
import type { DeadLetter, RecordAttribute } from '../../../lib/retry/dead-letter.ts';
import type { Choices } from '../choices.ts';
import { type FuzzedParser, must } from '../fuzz.ts';
import { HOSTILE_TEXTS } from '../hostile-json.ts';
import { drawThrown } from './thrown-values.ts';

const BASE: DeadLetter = {
  reason: 'BODY_INVALID',
  error: new Error('plain'),
  consumer: 'ship-order',
  body: '{}',
  attributes: {},
  sqsMessageId: 'sqs-1',
  receiveCount: 1,
  attempts: [],
  failedAt: Date.UTC(2030, 0, 1),
};

interface Case {
  readonly letter: DeadLetter;
  readonly maxBytes: number;
  /** Whether the error was made by `thrownHere`. */
  readonly isPlain: boolean;
}

const ROOM = [FAILURE_RECORD_MAX_BYTES, 2 * FAILURE_RECORD_MAX_BYTES, 8_192, 2_048, 1_024, 512, 256, 0, -5_000];
/** Characters of the longest texts: far more than a record holds. */
const LONG = 50_000;

const long = (text: string, length: number): string => (text || ' ').repeat(Math.ceil(length / (text.length || 1)));

function drawAttributes(choices: Choices): Record<string, RecordAttribute> {
  const count = choices.pick([0, 1, 10, 11]);
  return Object.fromEntries(
    Array.from({ length: count }, (_, index) => {
      const value = choices.oneIn(8) ? long(choices.pick(HOSTILE_TEXTS), 9_000) : choices.pick(HOSTILE_TEXTS);
      return [`${choices.pick(HOSTILE_TEXTS)}${index}`, { dataType: 'String', stringValue: value }];
    }),
  );
}

/** The same mistake in the same place, with another text: the text must not tell it apart from its likes. */
const thrownHere = (message: string): Error => new Error(message);

export const deadLetters: FuzzedParser<Case> = {
  name: 'reasons of dead letters, fitted beside the body,',
  file: 'dlq/fit-failure-record.ts',
  verdicts: ['accepted', 'no room'],
  draw(choices) {
    const maxBytes = choices.pick(ROOM);
    const text = choices.pick(HOSTILE_TEXTS);
    const isPlain = !choices.oneIn(2);
    const error = isPlain ? thrownHere(choices.oneIn(20) ? long(text, LONG) : text) : drawThrown(choices);
    const traceparent = choices.oneIn(2) ? text : undefined;
    const attempts = Array.from({ length: choices.pick([0, 1, 10]) }, () => ({ at: '2030', type: text, message: text.slice(0, 500) }));
    const attributes = choices.oneIn(3) ? drawAttributes(choices) : {};
    return { letter: { ...BASE, error, messageId: text, messageType: text, traceparent, attempts, attributes }, maxBytes, isPlain };
  },
  read({ letter, maxBytes, isPlain }) {
    const text = encodeFailureRecord(failureRecord(letter), maxBytes);
    if (text === undefined) {
      must(maxBytes < 1_024, 'a kilobyte has room for a reason');
      return 'no room';
    }
    must(Buffer.byteLength(text) <= Math.min(maxBytes, FAILURE_RECORD_MAX_BYTES), 'it fits into the room there is');
    must(!hasForbiddenCharacter(text), 'SQS takes every character of it');
    const record = decodeFailureRecord(text);
    must(record !== undefined && record.reason === letter.reason, 'it can be read back, with its reason');
    const kept = Object.keys(record.attributes).length + (record.droppedAttributes ?? []).length;
    must(maxBytes < 8_192 || kept === Object.keys(letter.attributes).length, 'no attribute disappears without its name');
    if (isPlain) {
      const plain = failureRecord({ ...letter, error: thrownHere('plain') });
      must(record.fingerprint === plain.fingerprint, 'failures of one cause have one fingerprint, whatever their text');
    }
    return 'accepted';
  },
};

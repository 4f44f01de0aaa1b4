import { decodeFailureRecord, type FailureRecord } from '../../../lib/dlq/failure-record.ts';
import { type FuzzedParser, must } from '../fuzz.ts';
import { type Members, membersOfObject, spoilMembers, spoilText, textOfMembers } from '../hostile-json.ts';

const FULL: FailureRecord = {
  reason: 'ATTEMPTS_EXHAUSTED',
  type: 'TypeError',
  message: 'no such order',
  stack: 'TypeError: no such order\n    at ship (/var/task/index.js:1:1)',
  fingerprint: '0123456789abcdef',
  consumer: 'ship-order',
  handlerVersion: '7',
  traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
  failedAt: '2030-01-01T00:00:00.000Z',
  receiveCount: 5,
  messageId: 'message-1',
  messageType: 'orders.order-placed',
  attempts: [{ at: '2030-01-01T00:00:00.000Z', type: 'TypeError', message: 'no such order' }],
  attributes: { type: { dataType: 'String', stringValue: 'orders.order-placed' } },
  droppedAttributes: ['big'],
};

const MEMBERS = membersOfObject(FULL);
const NOTE: Members = membersOfObject(FULL.attempts[0] as object);

const isText = (value: unknown): boolean => typeof value === 'string';
const isOptionalText = (value: unknown): boolean => value === undefined || isText(value);

/** What the type of a record promises to whoever reads it. */
function isWellFormed(record: FailureRecord): boolean {
  const { attempts, attributes, droppedAttributes = [], receiveCount, stack, handlerVersion, traceId, messageId, messageType } = record;
  return (
    [record.reason, record.type, record.message, record.fingerprint, record.consumer, record.failedAt].every(isText) &&
    [stack, handlerVersion, traceId, messageId, messageType].every(isOptionalText) &&
    Number.isInteger(receiveCount) &&
    attempts.every(({ at, type, message }) => [at, type, message].every(isText)) &&
    !Array.isArray(attributes) &&
    Object.values(attributes).every(
      ({ dataType, stringValue, binaryValue }) => isText(dataType) && [stringValue, binaryValue].every(isOptionalText),
    ) &&
    droppedAttributes.every(isText)
  );
}

export const failureRecords: FuzzedParser<string> = {
  name: 'failure records of dead letters',
  file: 'dlq/failure-record.ts',
  verdicts: ['accepted', 'refused'],
  draw(choices) {
    switch (choices.below(4)) {
      case 0:
        return textOfMembers(spoilMembers(MEMBERS, choices));
      case 1:
        return textOfMembers(spoilMembers(spoilMembers(MEMBERS, choices), choices));
      case 2: {
        const attempts = ['attempts', `[${textOfMembers(spoilMembers(NOTE, choices))}]`] as const;
        const attributes = ['attributes', `{"type":${textOfMembers(spoilMembers([['dataType', '"String"']], choices))}}`] as const;
        return textOfMembers([...MEMBERS, choices.oneIn(2) ? attributes : attempts]);
      }
      default:
        return spoilText(textOfMembers(MEMBERS), choices);
    }
  },
  read(text) {
    const record = decodeFailureRecord(text);
    if (record === undefined) return 'refused';
    must(isWellFormed(record), 'an accepted record is what its type says');
    return 'accepted';
  },
};

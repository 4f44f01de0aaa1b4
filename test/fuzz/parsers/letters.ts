import { isDeepStrictEqual } from 'node:util';
import { arrivalOf, type Origin } from '../../../lib/dlq/arrival-of.ts';
import { FAILURE_ATTRIBUTE } from '../../../lib/dlq/dlq.contract.ts';
import { fits, fitted, itemOf, rowFrom, rowOf } from '../../../lib/dlq/failure-items.ts';
import type { FailureRecord } from '../../../lib/dlq/failure-record.ts';
import type { Letter } from '../../../lib/dlq/letter.ts';
import { type FuzzedParser, must } from '../fuzz.ts';
import { membersOfObject, spoilMembers, spoilText, textOfMembers } from '../hostile-json.ts';

const NOW = Date.UTC(2030, 0, 1);
const ORIGINS: readonly Origin[] = (['consumer', 'subscription', 'schedule', 'stream'] as const).map((source) => ({
  source,
  consumer: 'ship-order',
}));

const ENVELOPE = membersOfObject({
  id: 'message-1',
  type: 'orders.order-placed',
  partitionkey: 'ada',
  time: '2029-12-31T00:00:00Z',
  traceparent: '',
});
const RECORD: FailureRecord = {
  reason: 'ATTEMPTS_EXHAUSTED',
  type: 'TypeError',
  message: 'no such order',
  fingerprint: '0123456789abcdef',
  consumer: 'ship-order',
  failedAt: '2029-12-31T00:00:00.000Z',
  receiveCount: 5,
  attempts: [],
  attributes: { type: { dataType: 'String', stringValue: 'orders.order-placed' } },
};
const MEMBERS = membersOfObject(RECORD);
const ATTRIBUTE = membersOfObject({ dataType: 'String', stringValue: 'x' });

interface Case {
  readonly letter: Letter;
  readonly origin: Origin;
}

export const letters: FuzzedParser<Case> = {
  name: 'letters of dead-letter queues',
  file: 'dlq/arrival-of.ts',
  verdicts: ['accepted', 'recorded'],
  draw(choices) {
    const origin = choices.pick(ORIGINS);
    const attributes = `{${textOfMembers(spoilMembers([['type', textOfMembers(spoilMembers(ATTRIBUTE, choices))]], choices)).slice(1)}`;
    const record = choices.oneIn(3) ? [...MEMBERS, ['attributes', attributes] as const] : spoilMembers(MEMBERS, choices);
    const body = choices.oneIn(2) ? textOfMembers(spoilMembers(ENVELOPE, choices)) : spoilText(textOfMembers(ENVELOPE), choices);
    const messageAttributes = { [FAILURE_ATTRIBUTE]: { dataType: 'String', stringValue: textOfMembers(record) } };
    const letter = { messageId: 'letter-1', body, attributes: {}, eventSourceARN: 'arn' };
    return { origin, letter: choices.oneIn(4) ? letter : { ...letter, messageAttributes } };
  },
  read({ letter, origin }) {
    const arrival = arrivalOf(letter, origin, NOW);
    must(arrival.consumer === 'ship-order', 'a letter does not choose its consumer');
    must(arrival.failedAt >= 0 && arrival.failedAt <= NOW, 'no failure is yet to come');
    must(/^[0-9a-f]{16}$/.test(arrival.fingerprint), 'a fingerprint is one');
    must(arrival.body === letter.body, 'the body is what was received');
    const row = rowOf(fitted(arrival), { kind: 'object', key: 'k', bytes: 0, sha256: '' }, NOW);
    must(fits(row), 'it fits an item');
    must(isDeepStrictEqual(rowFrom(itemOf(row)), row), 'it comes back from the table as it went in');
    return arrival.reason === RECORD.reason ? 'recorded' : 'accepted';
  },
};

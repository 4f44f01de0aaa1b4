import { isPosthasteError } from '../../../lib/core/errors.ts';
import { decodeEnvelope } from '../../../lib/message/decode-envelope.ts';
import { type Envelope, encodeEnvelope } from '../../../lib/message/envelope.ts';
import { EnvelopeInvalidError, type EnvelopeProblem } from '../../../lib/message/message.errors.ts';
import type { Choices } from '../choices.ts';
import { type FuzzedParser, membersOf, must } from '../fuzz.ts';
import { HOSTILE_TEXTS, type Members, membersOfObject, spoilMembers, spoilText, textOfMembers } from '../hostile-json.ts';

const PROBLEMS = membersOf<EnvelopeProblem>({
  'not-json': true,
  'not-an-object': true,
  'prototype-key': true,
  'ill-formed-text': true,
  'too-deep': true,
  specversion: true,
  id: true,
  source: true,
  type: true,
  time: true,
  datacontenttype: true,
  dataschema: true,
  data: true,
  correlationid: true,
  causationid: true,
  partitionkey: true,
  sequence: true,
  hops: true,
  tenant: true,
});

const FULL = {
  specversion: '1.0',
  id: 'message-1',
  source: 'urn:posthaste:orders',
  type: 'orders.order-placed',
  time: '2030-01-01T00:00:00.000Z',
  datacontenttype: 'application/json',
  dataschema: 'urn:posthaste:schema:orders.order-placed:1',
  correlationid: 'cause-1',
  causationid: 'message-0',
  partitionkey: 'order-1',
  sequence: '0000000000000001',
  hops: 0,
  tenant: 'acme',
  traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
  data: { orderId: 'order-1', total: 1 },
};

const { causationid: _, partitionkey: __, sequence: ___, tenant: ____, traceparent: _____, ...MINIMAL } = FULL;

/** Members of valid envelopes. */
export const VALID_BODIES: readonly Members[] = [membersOfObject(FULL), membersOfObject(MINIMAL)];

/** Values that are nearly right for their member: the version after, another case, one digit more, a time that does not exist. */
const NEARLY: Readonly<Record<string, readonly unknown[]>> = {
  specversion: ['1.1', '0.3', '1.0 ', 1, '1'],
  source: ['', 'a b', '%zz', ':', '1:a', '//[::1]/x', '#', 'urn:x#y#z', '/../..', 'x'.repeat(256)],
  type: ['orders.order-lost', 'ORDERS.order-placed', 'orders.order-placed ', 'a\u0001'],
  time: [
    '2030-02-30T00:00:00Z',
    '2030-01-01',
    '2030-01-01T24:00:00Z',
    '2030-01-01T25:00:00Z',
    '2030-01-01t00:00:00z',
    '0000-01-01T00:00:00+23:59',
    '9999-12-31T23:59:59-23:59',
    '2030-01-01T00:00:00+99:99',
    '2030-01-01T00:00:60Z',
    '2030-01-01T00:00:00.0000000000000000001Z',
    '1e3',
  ],
  datacontenttype: ['text/html', 'application/json; charset=utf-8', 'APPLICATION/JSON', 'application/avro'],
  dataschema: [
    'urn:posthaste:schema:orders.order-placed:0',
    'urn:posthaste:schema:orders.order-placed:-1',
    'urn:posthaste:schema:orders.order-placed:2',
    'urn:posthaste:schema:orders.order-placed:1 ',
    'urn:posthaste:schema:orders.order-placed:999999999999999',
    'urn:posthaste:schema:orders.order-placed:1000000000000000',
    'urn:posthaste:schema:orders.order-lost:1',
    'http://169.254.169.254/',
  ],
  sequence: ['1', '0000000000000000', '9007199254740991', '9007199254740992', '-000000000000001', '00000000000000001'],
  hops: [-1, 0.5, 31, 33, 2_147_483_647, 2_147_483_648, '0', null],
  tenant: ['x'.repeat(128), 'x'.repeat(129), 'a b', 'é', '~'],
  traceparent: [
    '00-0-0-0',
    'ff-00000000000000000000000000000000-0000000000000000-00',
    5,
    '00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01',
  ],
};
const NEARLY_MEMBERS = Object.entries(NEARLY).flatMap(([name, values]) => values.map((value) => [name, JSON.stringify(value)] as const));

/** A body of a queue: an envelope, spoiled in at most two places. */
export function drawBody(choices: Choices, valid: readonly Members[] = VALID_BODIES): string {
  const members = choices.pick(valid);
  switch (choices.below(16)) {
    case 0:
      return textOfMembers(members);
    case 1:
    case 2:
    case 6:
    case 7:
    case 8:
      return textOfMembers(spoilMembers(members, choices));
    case 3:
      return textOfMembers(spoilMembers(spoilMembers(members, choices), choices));
    case 4:
      return spoilText(textOfMembers(members), choices);
    case 5:
      return textOfMembers(retyped(members, choices.pick(HOSTILE_TEXTS)));
    default:
      return textOfMembers(replaced(members, choices.pick(NEARLY_MEMBERS)));
  }
}

function replaced(members: Members, [name, token]: readonly [string, string]): Members {
  return [...members.filter((member) => member[0] !== name), [name, token]];
}

/** Another type, with the schema that belongs to it. */
function retyped(members: Members, type: string): Members {
  const schema = JSON.stringify(`urn:posthaste:schema:${type}:1`);
  return replaced(replaced(members, ['type', JSON.stringify(type)]), ['dataschema', schema]);
}

export const envelopes: FuzzedParser<string> = {
  name: 'bodies of messages',
  file: 'message/decode-envelope.ts',
  verdicts: ['accepted', ...PROBLEMS],
  draw: drawBody,
  read(body) {
    let envelope: Envelope;
    try {
      envelope = decodeEnvelope(body);
    } catch (error) {
      if (!(error instanceof EnvelopeInvalidError)) throw error;
      must(isPosthasteError(error, 'ENVELOPE_INVALID'), 'a refusal has its code');
      return error.reason;
    }
    const text = JSON.stringify(envelope);
    must(JSON.stringify(decodeEnvelope(encodeEnvelope(envelope))) === text, 'what was accepted is the same after another trip');
    must(
      Object.values(envelope).every((value) => typeof value !== 'string' || value.isWellFormed()),
      'accepted text is well-formed',
    );
    must(Object.getPrototypeOf(envelope) === Object.prototype && !('admin' in {}), 'no prototype is touched');
    return 'accepted';
  },
};

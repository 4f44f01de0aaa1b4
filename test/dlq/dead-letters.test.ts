import type { SendMessageCommandInput } from '@aws-sdk/client-sqs';
import { expect, test } from 'vitest';
import { createRng } from '../../lib/core/rng.ts';
import { createDeadLetters } from '../../lib/dlq/dead-letters.sqs.ts';
import { FAILURE_ATTRIBUTE } from '../../lib/dlq/dlq.contract.ts';
import { DEVELOPER, LOCAL_PLACE } from '../../lib/local/aws.ts';
import { createSqs } from '../../lib/local/sqs/sqs.ts';
import { SQS_MAX_BYTES } from '../../lib/message/message.contract.ts';
import type { DeadLetter } from '../../lib/retry/dead-letter.ts';
import { createVirtualClock } from '../../lib/simulation/virtual-clock.ts';

const letter = (change: Partial<DeadLetter> = {}): DeadLetter => ({
  reason: 'BODY_INVALID',
  error: new Error('no'),
  consumer: 'ship-order',
  body: '{}',
  attributes: {},
  sqsMessageId: 'sqs-1',
  receiveCount: 1,
  attempts: [],
  failedAt: 0,
  ...change,
});

function queue(faults: Error[] = []) {
  const rng = createRng(1);
  const clock = createVirtualClock(rng);
  let count = 0;
  const sqs = createSqs({ clock, rng, ids: { next: () => `id-${++count}` }, place: LOCAL_PLACE });
  const call = (action: string, input: Record<string, unknown>) => sqs.call({ service: 'sqs', action, input, caller: DEVELOPER });
  const { QueueUrl } = call('CreateQueue', { QueueName: 'dead' }) as { QueueUrl: string };
  const sent: SendMessageCommandInput[] = [];
  const client = {
    async send(command: { input: SendMessageCommandInput }) {
      sent.push(command.input);
      const fault = faults.shift();
      if (fault) throw fault;
      return call('SendMessage', command.input as never) as never;
    },
  };
  return {
    sent,
    clock,
    deadLetters: createDeadLetters({ client, queueUrl: QueueUrl, clock, rng }),
    stats: () => sqs.stats(sqs.queueArn(QueueUrl)),
  };
}

const overhead = Buffer.byteLength(FAILURE_ATTRIBUTE) + 'String'.length;

test.each([0, 1, 100, 300, 500, 2_000, 40_000, 100_000])(
  'a body with %i bytes of room to the limit of SQS is taken byte for byte, with as much of the record as fits',
  async (room) => {
    const { deadLetters, sent, stats } = queue();
    const body = 'x'.repeat(SQS_MAX_BYTES - room);
    await deadLetters.park(letter({ body, error: Object.assign(new Error('no'), { stack: 'y'.repeat(50_000) }) }));
    expect(stats().visible).toBe(1);
    expect(sent[0]?.MessageBody === body).toBe(true);
    const failure = sent[0]?.MessageAttributes?.[FAILURE_ATTRIBUTE]?.StringValue;
    if (room >= 500) expect(JSON.parse(failure ?? '')).toMatchObject({ reason: 'BODY_INVALID' });
    expect(Buffer.byteLength(body) + (failure === undefined ? 0 : Buffer.byteLength(failure) + overhead)).toBeLessThanOrEqual(
      SQS_MAX_BYTES,
    );
  },
);

test('a throttled or lost send is tried again', async () => {
  const lost = Object.assign(new Error('timed out'), { name: 'TimeoutError' });
  const throttled = Object.assign(new Error('slow down'), { name: 'RequestThrottled' });
  const { deadLetters, clock, stats } = queue([lost, throttled]);
  await Promise.all([deadLetters.park(letter()), clock.run()]);
  expect(stats().visible).toBe(1);
});

test('a send that is refused is not taken for a parked message', async () => {
  const denied = Object.assign(new Error('not allowed'), { name: 'AccessDeniedException', $metadata: { httpStatusCode: 403 } });
  await expect(queue([denied]).deadLetters.park(letter())).rejects.toBe(denied);
});

import { type ConsumerWiring, createConsumerHandler } from '../../../lib/consumer/consumer.handler.ts';
import { on } from '../../../lib/consumer/consumer.routes.ts';
import { isPosthasteError } from '../../../lib/core/errors.ts';
import { silentLogger } from '../../../lib/core/logger.ts';
import { silentMetrics } from '../../../lib/core/metrics.ts';
import { defineEvent } from '../../../lib/message/define.ts';
import { createPublishDeps } from '../../../lib/outbox/publish-deps.ts';
import { type FuzzedParser, must } from '../fuzz.ts';
import { HOSTILE_TEXTS, hostileToken, membersOfObject, spoilMembers, spoilText, textOfMembers } from '../hostile-json.ts';

const ARNS = membersOfObject({
  orders: 'arn:aws:sns:us-east-1:000000000000:orders',
  shipments: 'arn:aws-cn:sqs:cn-north-1:000000000000:shipments.fifo',
});
const client = { send: () => Promise.reject(new Error('nobody calls')) };

function codeOf(error: unknown): string {
  if (!isPosthasteError(error)) throw error;
  return error.code;
}

export const destinations: FuzzedParser<string> = {
  name: 'destinations in the environment',
  file: 'outbox/publish-deps.ts',
  verdicts: ['accepted', 'ENV_MISSING', 'DESTINATIONS_UNREADABLE', 'DESTINATION_INVALID'],
  draw(choices) {
    const text = textOfMembers(choices.oneIn(3) ? ARNS : spoilMembers(ARNS, choices));
    return choices.oneIn(3) ? spoilText(text, choices) : text;
  },
  read(text) {
    const env = { POSTHASTE_OUTBOX_TABLE: 'outbox', POSTHASTE_DESTINATIONS: text };
    try {
      const deps = createPublishDeps({
        dynamodb: client,
        sns: client,
        sqs: client,
        log: silentLogger,
        metrics: silentMetrics,
        env,
      } as never);
      for (const { arn, kind, fifo } of deps.destinations.values()) {
        must(arn.startsWith('arn:') && arn.split(':').length === 6, 'a destination has an ARN');
        must((kind === 'topic') === arn.includes(':sns:') && fifo === arn.endsWith('.fifo'), 'a destination is what its ARN says');
      }
      return 'accepted';
    } catch (error) {
      return codeOf(error);
    }
  },
};

const OrderPlaced = defineEvent({
  name: 'orders.order-placed',
  version: 1,
  schema: { '~standard': { version: 1, vendor: 'none', validate: (value) => ({ value }) } },
});
const WIRING = {
  name: 'ship-order',
  handlers: [on(OrderPlaced, () => {})],
  inbox: { client, retentionMs: 1 },
  deadLetters: { park: () => Promise.resolve() },
  sqs: client,
  queueUrl: 'http://127.0.0.1/000000000000/orders',
} as unknown as ConsumerWiring;

const NUMBERS = ['5', '1', '0', '-1', '1.5', '5 ', '0x10', '1e1', '1e999', 'five', 'Infinity', '９'];

export const consumerSettings: FuzzedParser<Record<string, string>> = {
  name: 'settings of a consumer in the environment',
  file: 'consumer/consumer.handler.ts',
  verdicts: ['accepted', 'CONSUMER_CONFIG'],
  draw(choices) {
    const env: Record<string, string> = {};
    if (choices.oneIn(2)) env['POSTHASTE_MAX_ATTEMPTS'] = choices.oneIn(3) ? choices.pick(HOSTILE_TEXTS) : choices.pick(NUMBERS);
    if (choices.oneIn(3)) env['POSTHASTE_ON_EXHAUSTED'] = choices.pick(['deadLetter', 'block', 'byQueue', 'BLOCK', ...HOSTILE_TEXTS]);
    if (choices.oneIn(4)) env['POSTHASTE_CONSUMER'] = choices.pick(['ship-order', ...HOSTILE_TEXTS]);
    if (choices.oneIn(8)) env['POSTHASTE_HANDLES'] = choices.oneIn(2) ? hostileToken(choices) : '*';
    return env;
  },
  read(env) {
    try {
      must(typeof createConsumerHandler({ ...WIRING, env }) === 'function', 'a consumer is a function');
      return 'accepted';
    } catch (error) {
      return codeOf(error);
    }
  },
};

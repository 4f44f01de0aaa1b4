import { createRng } from '../../../lib/core/rng.ts';
import { type Aws, type AwsRequest, DEVELOPER, type Json, LOCAL_PLACE } from '../../../lib/local/aws.ts';
import type { InvokeOutcome } from '../../../lib/local/lambda/invoker.ts';
import { createSns, type Sns } from '../../../lib/local/sns/sns.ts';
import type { SnsOptions } from '../../../lib/local/sns/topic.ts';
import { createSqs, type Sqs } from '../../../lib/local/sqs/sqs.ts';
import { createFakeClock, type FakeClock } from '../fake-clock.ts';
import { countingIds, type Received } from '../sqs/sqs-world.ts';

export interface SnsWorld {
  readonly clock: FakeClock;
  readonly sns: Sns;
  readonly sqs: Sqs;
  /** Every call that the topics made, with its moment. */
  readonly calls: { readonly at: number; readonly request: AwsRequest }[];
  /** Set it to refuse calls to queues: it throws, or lets pass. */
  refuse: (request: AwsRequest) => void;
  /** What functions answer, one after the other; a result when it is empty. */
  readonly outcomes: (InvokeOutcome | Error)[];
  readonly invocations: { readonly functionArn: string; readonly event: unknown; readonly at: number }[];
  call(action: string, input: Json): Json;
  topic(name: string, attributes?: Json): string;
  /** Makes a queue and returns its ARN. */
  queue(name: string): string;
  subscribe(topicArn: string, endpoint: string, attributes?: Json): string;
  receive(queueArn: string): Received[];
}

/** Topics and queues on one fake clock; no access rules between them. */
export function createSnsWorld(options: Pick<SnsOptions, 'filterPolicyDelayMs' | 'hostility'> = {}): SnsWorld {
  const clock = createFakeClock();
  const ids = countingIds();
  const sqs = createSqs({ clock, rng: createRng(1), ids, place: LOCAL_PLACE });
  const aws: Aws = {
    place: LOCAL_PLACE,
    callNow(request) {
      world.calls.push({ at: clock.now(), request });
      world.refuse(request);
      return sqs.call(request) as Json;
    },
    call: async (request) => aws.callNow(request),
  };
  const invoker = {
    async invoke(functionArn: string, event: unknown): Promise<InvokeOutcome> {
      world.invocations.push({ functionArn, event, at: clock.now() });
      const outcome = world.outcomes.shift() ?? { kind: 'result', payload: undefined };
      if (outcome instanceof Error) throw outcome;
      return outcome;
    },
  };
  const sns = createSns({ clock, ids, place: LOCAL_PLACE, aws: () => aws, invoker: () => invoker, ...options });
  const call = (action: string, input: Json) => sns.call({ service: 'sns', action, input, caller: DEVELOPER }) as Json;
  const queues = (action: string, input: Json) => sqs.call({ service: 'sqs', action, input, caller: DEVELOPER }) as Json;
  const world: SnsWorld = {
    clock,
    sns,
    sqs,
    calls: [],
    refuse: () => {},
    outcomes: [],
    invocations: [],
    call,
    topic(Name, Attributes = {}) {
      const fifo = Name.endsWith('.fifo') ? { FifoTopic: 'true' } : {};
      return String(call('CreateTopic', { Name, Attributes: { ...fifo, ...Attributes } })['TopicArn']);
    },
    queue(QueueName) {
      const Attributes = QueueName.endsWith('.fifo') ? { FifoQueue: 'true' } : {};
      return sqs.queueArn(String(queues('CreateQueue', { QueueName, Attributes })['QueueUrl']));
    },
    subscribe(TopicArn, Endpoint, Attributes = {}) {
      const Protocol = Endpoint.split(':')[2];
      return String(call('Subscribe', { TopicArn, Protocol, Endpoint, Attributes })['SubscriptionArn']);
    },
    receive(QueueUrl) {
      const names = { AttributeNames: ['All'], MessageAttributeNames: ['All'] };
      return (queues('ReceiveMessage', { QueueUrl, MaxNumberOfMessages: 10, ...names })['Messages'] ?? []) as Received[];
    },
  };
  return world;
}

import { createRng } from '../../../lib/core/rng.ts';
import {
  type Aws,
  AwsError,
  type AwsRequest,
  DEVELOPER,
  type Engine,
  type Json,
  LOCAL_PLACE,
  type ServiceName,
} from '../../../lib/local/aws.ts';
import { createDynamoDb } from '../../../lib/local/dynamodb/dynamodb.ts';
import type { DynamoDbHostility } from '../../../lib/local/dynamodb/hostility.ts';
import { createEventSourceMappings, type EventSourceMappings } from '../../../lib/local/event-source-mapping/event-source-mappings.ts';
import type { MappingFaults } from '../../../lib/local/event-source-mapping/mapping-faults.ts';
import type { PollerScaling } from '../../../lib/local/event-source-mapping/poller-scaling.ts';
import type { InvokeOutcome } from '../../../lib/local/lambda/invoker.ts';
import { createSqs, type Sqs } from '../../../lib/local/sqs/sqs.ts';
import { createFakeClock, type FakeClock } from '../fake-clock.ts';

export const FUNCTION_ARN = 'arn:aws:lambda:us-east-1:000000000000:function:worker';
export const ROLE_ARN = 'arn:aws:iam::000000000000:role/worker';

/** A record of an event, with what tests read of it. */
export interface EventRecord extends Record<string, unknown> {
  readonly messageId: string;
  readonly body: string;
  readonly attributes: Record<string, string>;
  readonly dynamodb: { readonly SequenceNumber: string; readonly Keys: Record<string, { S: string }> };
}

/** A handler of the test: a plain value is its result. */
type TestHandler = (records: readonly EventRecord[]) => unknown;

/** The engines, the mappings and a scripted function under one fake clock. */
export interface MappingWorld {
  readonly clock: FakeClock;
  readonly sqs: Sqs;
  readonly mappings: EventSourceMappings;
  /** Every batch that the function was given, in order. */
  readonly batches: (readonly EventRecord[])[];
  /** Calls that the mappings made, e.g. `sqs:SendMessage`. */
  readonly calls: AwsRequest[];
  handle(handler: TestHandler): void;
  call(service: ServiceName, action: string, input: Json): Json;
  /** Makes a queue and returns its ARN. */
  queue(name: string, attributes?: Record<string, string>): string;
  send(name: string, body: string, more?: Json): void;
  /** Makes a table with a stream and returns the stream's ARN. */
  table(name: string): string;
  put(table: string, id: string, more?: Json): void;
  createMapping(input: Json): string;
}

const OK = { kind: 'result', payload: undefined } as const;
export const THROTTLED: InvokeOutcome = { kind: 'throttled' };
export const FAILED: InvokeOutcome = { kind: 'error', errorType: 'Error', errorMessage: 'boom' };

export function createMappingWorld(
  options: {
    faults?: MappingFaults;
    scaling?: PollerScaling;
    functionTimeoutSeconds?: number;
    tables?: DynamoDbHostility;
    transitionMs?: number;
  } = {},
): MappingWorld {
  const clock = createFakeClock();
  const rng = createRng(1);
  let serial = 0;
  const ids = { next: () => `00000000-0000-4000-8000-${String(++serial).padStart(12, '0')}` };
  const place = LOCAL_PLACE;
  const sqs = createSqs({ clock, rng, ids, place });
  const { dynamodb, streams } = createDynamoDb({ clock, ids, place, ...(options.tables && { hostility: options.tables }) });
  const engines: Partial<Record<ServiceName, Pick<Engine, 'call'>>> = {
    sqs,
    dynamodb,
    dynamodbstreams: streams,
    s3: { call: () => ({}) },
    sns: { call: () => ({ MessageId: 'm' }) },
  };
  const calls: AwsRequest[] = [];
  const callNow = (request: AwsRequest): Json => {
    calls.push(request);
    const engine = engines[request.service];
    if (!engine) throw new AwsError('UnknownService', request.service);
    return engine.call(request) as Json;
  };
  const aws: Aws = { place, callNow, call: async (request) => callNow(request) };
  const batches: (readonly EventRecord[])[] = [];
  let handler: TestHandler = () => OK;
  const invoker = {
    async invoke(_arn: string, event: unknown): Promise<InvokeOutcome> {
      const { Records } = event as { Records: EventRecord[] };
      batches.push(Records);
      const answer = await handler(Records);
      const shaped = answer as { kind?: string } | undefined;
      return typeof shaped?.kind === 'string' ? (answer as InvokeOutcome) : { kind: 'result', payload: answer };
    },
  };
  const timeout = options.functionTimeoutSeconds;
  const mappings = createEventSourceMappings({
    clock,
    rng,
    ids,
    place,
    aws: () => aws,
    invoker: () => invoker,
    sqs,
    streams,
    functionRole: () => ROLE_ARN,
    functionTimeoutSeconds: () => timeout,
    ...(options.faults ? { faults: options.faults } : {}),
    ...(options.scaling ? { scaling: options.scaling } : {}),
    ...(options.transitionMs === undefined ? {} : { transitionMs: options.transitionMs }),
  });
  const call = (service: ServiceName, action: string, input: Json) =>
    engines[service]?.call({ service, action, input, caller: DEVELOPER }) as Json;
  return {
    clock,
    sqs,
    mappings,
    batches,
    calls,
    handle: (next) => {
      handler = next;
    },
    call,
    queue(name, attributes = {}) {
      call('sqs', 'CreateQueue', { QueueName: name, Attributes: attributes });
      return `arn:aws:sqs:us-east-1:000000000000:${name}`;
    },
    send(name, body, more = {}) {
      call('sqs', 'SendMessage', { QueueUrl: `${place.endpoint}/000000000000/${name}`, MessageBody: body, ...more });
    },
    table(name) {
      const output = call('dynamodb', 'CreateTable', {
        TableName: name,
        BillingMode: 'PAY_PER_REQUEST',
        KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
        AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
        StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' },
      });
      clock.advance(0);
      return String((output['TableDescription'] as Json)['LatestStreamArn']);
    },
    put(table, id, more = {}) {
      call('dynamodb', 'PutItem', { TableName: table, Item: { id: { S: id }, ...more } });
    },
    createMapping: (input) => String(mappings.create(FUNCTION_ARN, input)['UUID']),
  };
}

/** A promise and what settles it. */
export function deferred<T>(): { readonly promise: Promise<T>; readonly resolve: (value: T) => void } {
  return Promise.withResolvers<T>();
}

/** The bodies of each batch that was handed out. */
export const bodies = (world: MappingWorld) => world.batches.map((batch) => batch.map((record) => record.body));

/** Messages of a queue, wherever they are. */
export const inQueue = (world: MappingWorld, arn: string) => {
  const { visible, inFlight, delayed } = world.sqs.stats(arn);
  return visible + inFlight + delayed;
};

import { CONSUMER_ENV } from '../../consumer/consumer.contract.ts';
import { silentLogger } from '../../core/logger.ts';
import { silentMetrics } from '../../core/metrics.ts';
import { createInbox } from '../../inbox/create-inbox.ts';
import { INBOX_ENV } from '../../inbox/inbox.contract.ts';
import { DEVELOPER, type Json } from '../../local/aws.ts';
import { createOutbox } from '../../outbox/create-outbox.ts';
import { OUTBOX_ENV } from '../../outbox/outbox.contract.ts';
import { createConsumer } from '../../runtime/create-consumer.ts';
import type { SimHandler } from '../functions.ts';
import { holdTime } from '../globals/real-work.ts';
import type { SimProcess } from '../process.ts';
import type { World } from '../world.ts';
import { errorText, withTestHint } from './error-text.ts';
import { ACCOUNT, createOutboxStage, type Outlets } from './outbox-stage.ts';
import type { DeployOptions, Subject, SubjectCode, SubjectProcess } from './subject.ts';
import type { NotedEffect } from './subject-view.ts';
import { createInboxTable, createUserTable, INBOX_TABLE, OUTBOX_TABLE } from './tables.ts';
import { type Delivered, type QueueEntry, queueEntryOf } from './test-message.ts';

/** A subject in a world, deployed as the constructs deploy it. */
export interface Stage extends Outlets {
  readonly world: World;
  readonly options: DeployOptions;
  readonly queueUrl: string;
  readonly deadLetterQueueUrl: string;
  /** The event source mapping between its queue and its function. */
  readonly mapping: string;
  readonly noted: readonly NotedEffect[];
  /** Bodies that were delivered, in order. */
  readonly sent: readonly string[];
  /** Why its code could not be made or a handler threw, and what a consumer of routes warned of, e.g. why a message is tried again. */
  readonly warned: readonly string[];
  /** Puts the nth message of the test, from 0, into the queue. */
  deliver(given: Delivered, index: number): QueueEntry;
}

export const DEFAULT_NAME = 'subject';
export const DEFAULT_TIMEOUT_MS = 30_000;
const SOURCE = 'urn:posthaste:simulation';

/** Deploys a subject with its tables and queues, at the constructs' settings. */
export function createStage(world: World, subject: Subject, options: DeployOptions): Stage {
  const { name = DEFAULT_NAME, tables = [], publishes = [], timeoutMs = DEFAULT_TIMEOUT_MS } = options;
  for (const table of tables) createUserTable(world, table, options.items?.[table.name] ?? []);
  createInboxTable(world);
  const outlets = publishes.length > 0 ? createOutboxStage(world, publishes) : { queueUrls: [] };
  const queues = createQueues(world, { ...options, name, timeoutMs });
  const noted: NotedEffect[] = [];
  const warned: string[] = [];
  const sent: string[] = [];
  const env = environmentOf(options, queues);
  const functionArn = `arn:aws:lambda:${ACCOUNT}:function:${name}`;
  world.functions.deploy({
    arn: functionArn,
    name,
    timeoutMs,
    caller: DEVELOPER,
    env,
    create: (process) => {
      const offered: SubjectProcess = {
        name: process.name,
        clock: process.clock,
        env,
        client: (service) => process.client(service),
        effect: (effect, detail, { key } = {}) => {
          if (!process.alive) return;
          noted.push({ name: effect, detail, key });
          world.history.record('effect', { process: process.name, name: effect, ...(key !== undefined && { key }) });
        },
      };
      const deployment = { world, process, options: { ...options, name }, queues, warned };
      return handlerOf(
        () => subject(offered),
        (code) => deployed(code, deployment),
        (error) => warned.push(`${name} could not be loaded: ${errorText(error)}`),
      );
    },
  });
  const mapping = world.mappings.create(functionArn, {
    EventSourceArn: world.sqs.queueArn(queues.queueUrl),
    BatchSize: options.batchSize ?? 10,
    FunctionResponseTypes: ['ReportBatchItemFailures'],
  });
  const deliver = (given: Delivered, index: number) => {
    const entry = queueEntryOf(given, index, world.clock.now());
    const { id, body, attributes, group } = entry;
    world.call('sqs', 'SendMessage', {
      QueueUrl: queues.queueUrl,
      MessageBody: body,
      MessageAttributes: attributes,
      ...(options.ordered && { MessageGroupId: group, MessageDeduplicationId: id }),
    });
    world.history.record('deliver', { message: id });
    sent.push(body);
    return entry;
  };
  return { world, options, ...outlets, ...queues, mapping: String(mapping['UUID']), noted, sent, warned, deliver };
}

/** Code that has to be loaded first is waited for, by the clock too. */
function handlerOf(
  make: () => SubjectCode | Promise<SubjectCode>,
  handlerFor: (code: SubjectCode) => SimHandler,
  onFailure: (error: unknown) => void,
): SimHandler {
  let code: SubjectCode | Promise<SubjectCode>;
  try {
    code = make();
    if (!(code instanceof Promise)) return handlerFor(code);
  } catch (error) {
    onFailure(error);
    throw error;
  }
  const loaded = holdTime(code.then(handlerFor));
  // Whoever is invoked first is told; until then nobody is missing an answer.
  loaded.catch(onFailure);
  return async (event, context) => (await loaded)(event, context);
}

interface Queues {
  readonly queueUrl: string;
  readonly deadLetterQueueUrl: string;
}

interface Deployment {
  readonly world: World;
  readonly process: SimProcess;
  readonly options: DeployOptions & { readonly name: string };
  readonly queues: Queues;
  readonly warned: string[];
}

/** A handler is taken as it is; routes become a consumer on the process's own ports. */
function deployed(code: SubjectCode, { world, process, options, queues, warned }: Deployment): SimHandler {
  if (typeof code === 'function') {
    return async (event, context) => {
      try {
        return await code(event, context);
      } catch (error) {
        warned.push(withTestHint(`the handler threw ${errorText(error)}`, options));
        throw error;
      }
    };
  }
  const { rng, ids } = world;
  const { clock } = process;
  const client = process.client('dynamodb');
  const outbox = options.publishes?.length ? createOutbox({ client, table: OUTBOX_TABLE, source: SOURCE, clock, rng, ids }) : undefined;
  return createConsumer({
    name: options.name,
    handlers: code,
    inbox: createInbox({ client, table: INBOX_TABLE, clock, rng }),
    ...(outbox && { outbox }),
    ...(options.maxAttempts !== undefined && { maxAttempts: options.maxAttempts }),
    ...queues,
    sqs: process.client('sqs'),
    source: SOURCE,
    clock,
    rng,
    ids,
    log: { ...silentLogger, warn: warn(warned, options), error: warn(warned, options) },
    metrics: silentMetrics,
  }) as unknown as SimHandler;
}

const warn =
  (warned: string[], options: DeployOptions) =>
  (text: string, fields: Record<string, unknown> = {}) => {
    const { error } = fields;
    warned.push(error === undefined ? text : withTestHint(`${text}: ${errorText(error)}`, options));
  };

/** As the `Consumer` construct sets them. */
function environmentOf(options: DeployOptions, { queueUrl, deadLetterQueueUrl }: Queues): Record<string, string> {
  return {
    [CONSUMER_ENV.queueUrl]: queueUrl,
    [CONSUMER_ENV.deadLetterQueueUrl]: deadLetterQueueUrl,
    ...(options.maxAttempts !== undefined && { [CONSUMER_ENV.maxAttempts]: String(options.maxAttempts) }),
    [INBOX_ENV.table]: INBOX_TABLE,
    [OUTBOX_ENV.table]: OUTBOX_TABLE,
    [OUTBOX_ENV.source]: SOURCE,
    ...options.env,
  };
}

/** As the `Consumer` construct makes them. */
function createQueues(world: World, { name, ordered = false, timeoutMs }: DeployOptions & { name: string; timeoutMs: number }): Queues {
  const kind = ordered ? { FifoQueue: 'true', DeduplicationScope: 'messageGroup', FifoThroughputLimit: 'perMessageGroupId' } : {};
  const create = (part: string, attributes: Json) =>
    String(
      world.call('sqs', 'CreateQueue', { QueueName: `${part}${ordered ? '.fifo' : ''}`, Attributes: { ...kind, ...attributes } })[
        'QueueUrl'
      ],
    );
  const deadLetterQueueUrl = create(`${name}-dlq`, { MessageRetentionPeriod: '1209600' });
  const queueUrl = create(name, {
    VisibilityTimeout: String(Math.ceil((6 * timeoutMs) / 1_000)),
    RedrivePolicy: JSON.stringify({
      deadLetterTargetArn: world.sqs.queueArn(deadLetterQueueUrl),
      maxReceiveCount: ordered ? 1_000 : 100,
    }),
  });
  return { queueUrl, deadLetterQueueUrl };
}

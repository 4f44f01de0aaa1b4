import type { Route } from '../../consumer/consumer.routes.ts';
import type { Clock } from '../../core/clock.ts';
import type { ServiceName } from '../../local/aws.ts';
import type { AnyMessageDefinition } from '../../message/message.ts';
import type { Item, Table } from '../../unit-of-work/unit-of-work.ts';
import type { SimClient } from '../process.ts';
import type { SubjectView } from './subject-view.ts';

/**
 * Makes the code under test, anew for each simulated process: what it keeps in variables is lost in a crash, as a Lambda sandbox loses it.
 * It gives the routes of a consumer, or any Lambda handler of an SQS queue, e.g. what `createConsumer` returns, or a module's export.
 *
 * @example
 * const shipOrder: Subject = () => [on(OrderPlaced, ship)];
 * const deployed: Subject = async () => (await import('../lambdas/ship-order.ts')).handler;
 */
export type Subject = (process: SubjectProcess) => SubjectCode | Promise<SubjectCode>;

/** The routes of a consumer, which is then deployed as the `Consumer` construct deploys it, or a handler as it is. */
export type SubjectCode = SubjectHandler | readonly Route[];

/** A Lambda handler for an SQS event source mapping. */
// biome-ignore lint/suspicious/noExplicitAny: stands for every handler type, whose events and contexts are declared by many libraries
export type SubjectHandler = (event: any, context: any) => unknown;

/** The process that a subject's code runs in. Code that asks the globals for time, chance and clients needs none of it. */
export interface SubjectProcess {
  /** `ship-order/3` for the third process of the consumer. */
  readonly name: string;
  readonly clock: Clock;
  /** The names and URLs that the constructs would set; `process.env` has them too. */
  readonly env: Readonly<Record<string, string>>;
  /** A client for a service of the world; takes the commands of SDK v3. Without the SDK's own retries, and faster than its clients. */
  client(service: ServiceName): SimClient;
  /**
   * Notes an effect outside of the world, e.g. a mail sent, in place of having it. Effects with one key count once, for a callee that
   * knows idempotency keys does them once.
   */
  effect(name: string, detail?: unknown, options?: { readonly key?: string }): void;
}

/** How a subject is deployed. */
export interface DeployOptions {
  /** The consumer's verb-noun name, which also names the test in replay lines. @default 'subject' */
  readonly name?: string;
  /** The tables that it reads and writes, each with its key attributes, which are strings unless `items` hold numbers. */
  readonly tables?: readonly Table[];
  /** Items that are there before, by table name. */
  readonly items?: Readonly<Record<string, readonly Item[]>>;
  /** What it publishes and sends: their topics and queues exist, and an outbox with its relay. @default - nothing */
  readonly publishes?: readonly AnyMessageDefinition[];
  /** Environment variables of its own. */
  readonly env?: Readonly<Record<string, string>>;
  /** Whether its queue is FIFO, by ordering key. @default false */
  readonly ordered?: boolean;
  /** The function's timeout in milliseconds. @default 30_000 */
  readonly timeoutMs?: number;
  /** Messages in one invocation, 1 to 10. @default 10 */
  readonly batchSize?: number;
  /** Charged attempts of a message, for routes. @default 5 */
  readonly maxAttempts?: number;
}

/** What is compared between a run with faults and the one without. */
export interface CompareOptions {
  /** Attributes that differ from run to run, e.g. `createdAt` or a random id; in items and in data of messages. */
  readonly ignore?: readonly string[];
  /** What must be the same. @default - the items of all tables, the messages published and the effects noted */
  readonly effects?: (view: SubjectView) => unknown;
}

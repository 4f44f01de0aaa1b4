import { Lazy, Stack } from 'aws-cdk-lib';
import type { IGrantable, IPrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { CfnQueue, IQueue, Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct, type IConstruct } from 'constructs';
import { QueueWorker } from '../consumer/queue-worker.construct.ts';
import type { QueueWorkerProps } from '../consumer/queue-worker.props.construct.ts';
import { addDestination, type IDestination } from '../infra/destinations.ts';
import { admitAccount, allow, allowSendKey } from '../infra/grants.ts';
import type { HandlerFunction } from '../infra/handler-function.construct.ts';
import { NAME_RULES } from '../infra/names.ts';
import { enforce, type Rule, requireProps } from '../infra/rules.ts';
import type { TableRef } from '../infra/table-ref.ts';
import type { AnyMessageDefinition } from '../message/message.ts';

/** Props of a `CommandQueue`. Its name is the one that command definitions give as `queue`. */
export interface CommandQueueProps extends QueueWorkerProps {
  /** The commands that its code handles. */
  readonly handles: readonly AnyMessageDefinition[];
}

/** An existing queue that commands may be sent to, of another stack, app or account. */
export interface ImportedCommandQueue {
  /** The queue. The policy of one in another account must allow this account to send. */
  readonly queue: IQueue;
  /**
   * The logical name that command definitions give as `queue`.
   *
   * @default - the construct's id
   */
  readonly name?: string;
  /**
   * The customer managed key that encrypts the queue.
   *
   * @default - none
   */
  readonly encryptionKey?: IKey;
}

interface CommandFacts {
  readonly name: string;
  readonly handles: readonly AnyMessageDefinition[];
}

const events = ({ handles }: CommandFacts) => handles.filter(({ kind }) => kind === 'event');
const elsewhere = ({ name, handles }: CommandFacts) =>
  handles.filter(({ kind, destinations }) => kind === 'command' && !destinations.includes(name));
const namesOf = (definitions: readonly AnyMessageDefinition[]) => definitions.map(({ name }) => `"${name}"`).join(', ');

const COMMAND_RULES: readonly Rule<CommandFacts>[] = [
  {
    when: ({ handles }) => handles.length === 0,
    message: () => 'handles is an empty list; list the commands that its handlers declare',
  },
  {
    when: (facts) => events(facts).length > 0,
    message: (facts) =>
      `handles lists ${namesOf(events(facts))}, defined as an event; events travel by topic to any number of consumers: receive it with a Consumer, or define it as a command`,
  },
  {
    when: (facts) => elsewhere(facts).length > 0,
    message: (facts) =>
      `handles lists ${elsewhere(facts)
        .map(({ name, destinations }) => `"${name}", which is sent to the queue "${destinations.join('", "')}"`)
        .join(
          '; ',
        )}; this queue is "${facts.name}" and would never see it: give the command "queue: '${facts.name}'", or this construct the other "name"`,
  },
];

/**
 * A point-to-point queue and the one function that works on it. Commands reach it through an outbox, in the transaction that decides on
 * them, or directly, where losing one on a crash is fine.
 *
 * @example
 * const label = new CommandQueue(this, 'print-label', { handles: [PrintLabel], entry: new URL('./print-label.ts', import.meta.url), inbox
 * }); outbox.addDestination(label);
 */
export class CommandQueue extends Construct implements IDestination, IGrantable {
  /** An existing queue under a logical name, as a destination. */
  static import(scope: Construct, id: string, props: ImportedCommandQueue): IDestination {
    return new ImportedQueue(scope, id, props);
  }

  readonly destinationName: string;
  readonly #worker: QueueWorker;
  readonly #encryptionKey: IKey | undefined;
  readonly #arn: string;

  constructor(scope: Construct, id: string, props: CommandQueueProps) {
    super(scope, id);
    requireProps(this, props, ['handles', 'entry']);
    const { name = id, handles } = props;
    this.destinationName = name;
    this.#encryptionKey = props.encryptionKey;
    enforce(this, COMMAND_RULES, { name, handles });
    this.#worker = new QueueWorker(this, 'worker', { ...props, name, context: { handles, daysBeforeQueue: 0 } });
    this.#worker.register(this);
    this.#arn = Lazy.uncachedString({ produce: ({ scope: user }) => this.#arnSeenFrom(user) });
  }

  get function(): HandlerFunction {
    return this.#worker.function;
  }

  get queue(): Queue {
    return this.#worker.queue;
  }

  /** Commands that failed for good, with the reason, and those that crashed every run. */
  get deadLetterQueue(): Queue {
    return this.#worker.deadLetterQueue;
  }

  get destinationArn(): string {
    return this.#arn;
  }

  get grantPrincipal(): IPrincipal {
    return this.function.grantPrincipal;
  }

  /**
   * Within its stack the ARN waits for the queue. To other stacks it is put together from the queue's name: an outbox that sends here would
   * otherwise need this stack, which needs the outbox or the inbox of that one.
   */
  #arnSeenFrom(user: IConstruct): string {
    const own = Stack.of(this);
    const { queueName } = this.queue.node.defaultChild as CfnQueue;
    if (Stack.of(user) === own || queueName === undefined) return this.queue.queueArn;
    return own.formatArn({ service: 'sqs', resource: queueName });
  }

  /** `sqs:SendMessage` on this queue alone, and the use of its key. */
  grantSend(grantee: IGrantable): void {
    allow(grantee, ['sqs:SendMessage'], [this.destinationArn]);
    admitAccount(this.queue, grantee.grantPrincipal.principalAccount, { action: 'sqs:SendMessage', arn: this.queue.queueArn });
    allowSendKey(grantee, this.#encryptionKey);
  }

  /** As `grantSend`, and tells the function where the queue is: for sending directly, outside a unit of work. */
  grantSendFrom(fn: LambdaFunction): void {
    addDestination(fn, this);
  }

  /**
   * Lets its handlers write items of a table in their units of work: `ConditionCheckItem`, `DeleteItem`, `GetItem`, `PutItem`,
   * `UpdateItem`. The table is in the inbox's account and region, or this is refused.
   */
  grantWrite(table: TableRef): void {
    this.#worker.grantWrite(table);
  }

  /** Lets its handlers read items of a table, and its indexes when they are named: `BatchGetItem`, `GetItem`, `Query`. */
  grantRead(table: TableRef, indexes: readonly string[] = []): void {
    this.#worker.grantRead(table, indexes);
  }
}

class ImportedQueue extends Construct implements IDestination {
  readonly destinationName: string;
  readonly destinationArn: string;
  readonly #encryptionKey: IKey | undefined;

  constructor(scope: Construct, id: string, props: ImportedCommandQueue) {
    super(scope, id);
    this.destinationName = props.name ?? id;
    this.destinationArn = props.queue.queueArn;
    this.#encryptionKey = props.encryptionKey;
    enforce(this, NAME_RULES, { name: this.destinationName });
  }

  grantSend(grantee: IGrantable): void {
    allow(grantee, ['sqs:SendMessage'], [this.destinationArn]);
    allowSendKey(grantee, this.#encryptionKey);
  }
}

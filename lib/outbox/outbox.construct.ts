import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import type { Alarm } from 'aws-cdk-lib/aws-cloudwatch';
import { AttributeType, type CfnGlobalTable, ProjectionType, StreamViewType, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { AlarmProps } from '../infra/alarms.ts';
import { addDestination, type IDestination } from '../infra/destinations.ts';
import { finalProperties } from '../infra/final-properties.ts';
import { allowTable } from '../infra/grants.ts';
import { NAME_RULES } from '../infra/names.ts';
import { enforce, enforceAtSynth } from '../infra/rules.ts';
import { tableDefaults } from '../infra/table-defaults.ts';
import { type TableRef, tableAddress } from '../infra/table-ref.ts';
import { registerMember } from '../topology/stack-topology.construct.ts';
import { OUTBOX_ATTRIBUTES, OUTBOX_ENV, OUTBOX_PENDING_INDEX } from './outbox.contract.ts';
import { OutboxRelay } from './outbox.relay.construct.ts';
import { OUTBOX_RULES, OUTBOX_TABLE_RULES } from './outbox.rules.construct.ts';
import { OutboxSweeper } from './outbox.sweeper.construct.ts';

/** Where units of work commit their messages: an `Outbox` of this stack, or one imported with `Outbox.import`. */
export interface IOutbox {
  /** The table of outgoing messages. */
  readonly table: TableRef;
  /** The CloudEvents `source` of what is committed here. */
  readonly source: string;
  /** Lets a function commit units of work here, and tells it where. */
  grantCommit(fn: LambdaFunction): void;
}

/** Props of an `Outbox`. */
export interface OutboxProps extends AlarmProps {
  /**
   * The name in kebab-case; the relay and the sweeper are called `<name>-relay` and `<name>-sweeper`.
   *
   * @default - the construct's id
   */
  readonly name?: string;
  /**
   * Where committed messages may go: topics and command queues, found by their logical names. More can follow with `addDestination`.
   *
   * @default - none yet
   */
  readonly destinations?: readonly IDestination[];
  /**
   * The CloudEvents `source` of every message that is committed here, a URI reference. Ids of units with an idempotency key derive from it:
   * keep it when the stack moves.
   *
   * @default - `urn:posthaste:<stack name>`
   */
  readonly source?: string;
  /**
   * Age from which the sweeper publishes a row that the stream did not bring. Below the relay's usual latency it would publish much twice,
   * which is harmless and costs money.
   *
   * @default Duration.minutes(1) - the relay takes milliseconds
   */
  readonly sweepAfter?: Duration;
  /**
   * The oldest stream record that the relay still tries, one minute to 12 hours. What it gives up is written to the failure bucket, and
   * stays pending in the table for the sweeper.
   *
   * @default Duration.hours(6)
   */
  readonly maxRecordAge?: Duration;
  /**
   * How often one batch of the stream is tried again, 0 to 1,000. Each failure splits the batch, so that one bad record delays few.
   *
   * @default 10 - some minutes of an outage; the sweeper covers longer ones
   */
  readonly retryAttempts?: number;
  /**
   * Batches of one shard that are relayed at the same time, 1 to 10. The order of a key holds at any value.
   *
   * @default 4 - a key that waits delays a quarter of its shard
   */
  readonly parallelization?: number;
  /**
   * Age of the oldest pending row at which the alarm fires.
   *
   * @default Duration.minutes(5)
   */
  readonly pendingAlarmAge?: Duration;
  /**
   * A customer managed key for the table. Its stack must name its region.
   *
   * @default - none: DynamoDB encrypts with a key that AWS owns
   */
  readonly encryptionKey?: IKey;
  /**
   * What happens to the table and the failure bucket when the stack is deleted. With RETAIN the table is also protected against deletion by
   * hand: pending rows are messages that exist nowhere else.
   *
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy;
}

/** An existing outbox, of another stack: producers here may commit to it, its relay stays where it is. */
export interface ImportedOutbox {
  /** Its table. */
  readonly table: TableRef;
  /** The `source` that its owner declared. */
  readonly source: string;
}

/** What committing takes: rows are put, a key's head is updated, heads are read before and markers after an answer was lost. */
const COMMIT_ACTIONS = ['dynamodb:BatchGetItem', 'dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'] as const;

/**
 * The transactional outbox: a table whose rows commit together with business writes, a relay that publishes them as the stream brings them,
 * and a sweeper that publishes what the stream missed.
 *
 * @example
 * const outbox = new Outbox(this, 'outbox', { destinations: [orders, shipments] });
 * outbox.grantCommit(placeOrder);
 */
export class Outbox extends Construct implements IOutbox {
  /** An outbox that exists already. */
  static import(scope: Construct, id: string, props: ImportedOutbox): IOutbox {
    return new ImportedOutboxTable(scope, id, props);
  }

  readonly table: TableV2;
  readonly source: string;
  /** Publishes rows as the table's stream brings them. */
  readonly relay: OutboxRelay;
  /** Publishes, once a minute, what the stream missed. */
  readonly sweeper: OutboxSweeper;

  constructor(scope: Construct, id: string, props: OutboxProps = {}) {
    super(scope, id);
    const name = props.name ?? id;
    const settings = {
      sweepAfter: props.sweepAfter ?? Duration.minutes(1),
      maxRecordAge: props.maxRecordAge ?? Duration.hours(6),
      retryAttempts: props.retryAttempts ?? 10,
      parallelization: props.parallelization ?? 4,
      pendingAlarmAge: props.pendingAlarmAge ?? Duration.minutes(5),
      removalPolicy: props.removalPolicy ?? RemovalPolicy.RETAIN,
      alarm: props.alarmTopic ? { alarmTopic: props.alarmTopic } : {},
    };
    this.source = props.source ?? `urn:posthaste:${Stack.of(this).stackName}`;
    enforce(this, NAME_RULES, { name });
    enforce(this, OUTBOX_RULES, { ...settings, source: this.source });
    this.table = createTable(this, props);
    this.relay = new OutboxRelay(this, 'relay', { ...settings, name: `${name}-relay`, table: this.table });
    this.sweeper = new OutboxSweeper(this, 'sweeper', { ...settings, name: `${name}-sweeper`, table: this.table });
    this.#holdToRules();
    for (const destination of props.destinations ?? []) this.addDestination(destination);
    registerMember({
      kind: 'outbox',
      construct: this,
      name,
      table: this.table,
      relayFunction: this.relay.function.functionName,
      sweeperFunction: this.sweeper.function.functionName,
      failures: this.relay.failures,
      unscheduled: { queue: this.sweeper.deadLetterQueue, alarm: this.sweeper.node.findChild('Unscheduled') as Alarm },
    });
  }

  #holdToRules(): void {
    const resource = this.table.node.defaultChild as CfnGlobalTable;
    enforceAtSynth(this, OUTBOX_TABLE_RULES, () => {
      const { TimeToLiveSpecification: ttl, StreamSpecification: stream } = finalProperties(resource) as {
        readonly TimeToLiveSpecification?: { readonly AttributeName?: string };
        readonly StreamSpecification?: { readonly StreamViewType?: string };
      };
      return { ttlAttribute: ttl?.AttributeName, expected: OUTBOX_ATTRIBUTES.expiresAt, streamView: stream?.StreamViewType };
    });
  }

  /** The alarms: iterator age, parked rows, oldest pending row, undeliverable schedule. */
  get alarms(): readonly Alarm[] {
    return [...this.relay.alarms, ...this.sweeper.alarms];
  }

  /** Lets messages committed here go to this topic or command queue, under its logical name. */
  addDestination(destination: IDestination): void {
    addDestination(this.relay.function, destination);
    addDestination(this.sweeper.function, destination);
  }

  /** Exactly what committing takes on the table: `BatchGetItem`, `GetItem`, `PutItem`, `UpdateItem`. */
  grantCommit(fn: LambdaFunction): void {
    grantCommit(this, fn);
  }
}

class ImportedOutboxTable extends Construct implements IOutbox {
  readonly table: TableRef;
  readonly source: string;

  constructor(scope: Construct, id: string, props: ImportedOutbox) {
    super(scope, id);
    this.table = props.table;
    this.source = props.source;
  }

  grantCommit(fn: LambdaFunction): void {
    grantCommit(this, fn);
  }
}

function createTable(scope: Construct, props: OutboxProps): TableV2 {
  const { pk, sk, state, committedAt, expiresAt } = OUTBOX_ATTRIBUTES;
  return new TableV2(scope, 'Table', {
    partitionKey: { name: pk, type: AttributeType.STRING },
    sortKey: { name: sk, type: AttributeType.STRING },
    // Commit markers expire; message rows never carry the attribute.
    timeToLiveAttribute: expiresAt,
    // The relay publishes from the image of the new row and ignores every other change.
    dynamoStream: StreamViewType.NEW_IMAGE,
    globalSecondaryIndexes: [
      {
        indexName: OUTBOX_PENDING_INDEX,
        partitionKey: { name: state, type: AttributeType.STRING },
        sortKey: { name: committedAt, type: AttributeType.NUMBER },
        projectionType: ProjectionType.KEYS_ONLY,
      },
    ],
    ...tableDefaults(scope, props),
  });
}

function grantCommit({ table, source }: IOutbox, fn: LambdaFunction): void {
  allowTable(fn, table, COMMIT_ACTIONS);
  fn.addEnvironment(OUTBOX_ENV.table, tableAddress(fn, table));
  fn.addEnvironment(OUTBOX_ENV.source, source);
}

import { type CfnResource, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { type Alarm, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { AttributeType, ProjectionType, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { FAILURE_STORE_ENV, INDEXER_METRICS, UNKNOWN_CONSUMER } from '../dlq/dlq.contract.ts';
import { allowBodies, createBodiesBucket } from '../dlq/failure-bodies.construct.ts';
import { FailureIndexer } from '../dlq/failure-indexer.construct.ts';
import { FAILURE_ATTRIBUTES, FAILURE_INDEXES } from '../dlq/failure-table.contract.ts';
import { type AlarmProps, createAlarm, runtimeMetric } from '../infra/alarms.ts';
import { finalProperties } from '../infra/final-properties.ts';
import { allow, allowTable } from '../infra/grants.ts';
import type { HandlerFunction } from '../infra/handler-function.construct.ts';
import { stackName } from '../infra/names.ts';
import { enforce, enforceAtSynth } from '../infra/rules.ts';
import { tableDefaults } from '../infra/table-defaults.ts';
import { observeMembers, observerOf, type StackDeadLetters, type StackMember } from '../topology/stack-topology.construct.ts';
import { topologyPath } from '../topology/topology.contract.ts';
import { alarmsWhenUnkept, alarmWhenBehind } from './drained-alarm.construct.ts';
import { DRAINED_QUEUE_RULES, FAILURE_STORE_RULES } from './failure-store.rules.construct.ts';
import { OperationsFunction } from './operations-function.construct.ts';
import { OPERATIONS_ENV } from './ops.contract.ts';
import { describeMember } from './topology-parameter.construct.ts';

/** Props of a `FailureStore`. */
export interface FailureStoreProps extends AlarmProps {
  /**
   * How long a failure may be open before the alarm tells of it, a minute or more.
   *
   * @default Duration.hours(24) - whoever is on call tomorrow still learns of it
   */
  readonly oldestAlarmAge?: Duration;
  /**
   * A customer managed key for the table and the bucket: they hold the messages themselves. Its stack must name its region.
   *
   * @default - none: DynamoDB and S3 encrypt with keys of their own
   */
  readonly encryptionKey?: IKey;
  /**
   * What happens to the table and the bucket when the stack is deleted. With RETAIN the table is also protected against deletion by hand: open
   * failures are messages that exist nowhere else.
   *
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy;
}

/** What both functions do with the table: failures and their groups change in transactions, and are read at once. */
const STORE_ACTIONS = ['dynamodb:BatchGetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'] as const;
/** What operators see besides. */
const READ_ACTIONS = ['dynamodb:GetItem', 'dynamodb:Query'] as const;

/**
 * Where the dead letters of a stack are kept to be worked: grouped by what failed, searchable, and sent back from the command line. An indexer
 * drains the dead-letter queues of every consumer and command queue of the stack, of their subscriptions, and of the library's schedules;
 * a letter leaves its queue only once it is in the table. An operations function (`<stack>-operations`) does what operators ask for: nobody
 * needs a permission on a queue or a table. Put it anywhere in the stack, once; constructs of nested stacks are not part of it.
 *
 * What is open never expires. What is worked goes 60 days later; bodies above 4 KB stay in the bucket until it is emptied by hand.
 *
 * @example
 * const failures = new FailureStore(this, 'failures', { alarmTopic });
 * failures.grantOperate(onCallRole);
 */
export class FailureStore extends Construct {
  readonly table: TableV2;
  /** Bodies above 4 KB. */
  readonly bodies: Bucket;
  readonly indexer: FailureIndexer;
  readonly operations: OperationsFunction;
  readonly #alarm: AlarmProps;
  readonly #arrivals: Alarm[] = [];
  readonly #unkept: readonly Alarm[];

  constructor(scope: Construct, id: string, props: FailureStoreProps = {}) {
    super(scope, id);
    const { encryptionKey, removalPolicy = RemovalPolicy.RETAIN, oldestAlarmAge = Duration.hours(24) } = props;
    enforce(this, FAILURE_STORE_RULES, { other: observerOf(this), oldestAlarmAge });
    this.#alarm = props.alarmTopic ? { alarmTopic: props.alarmTopic } : {};
    this.table = createTable(this, props);
    this.bodies = createBodiesBucket(this, { encryptionKey, removalPolicy });
    const environment = this.#environment();
    this.indexer = new FailureIndexer(this, 'indexer', { environment });
    this.operations = new OperationsFunction(this, 'operations', {
      environment,
      oldestAlarmAge,
      alarm: this.#alarm,
    });
    for (const fn of [this.indexer.function, this.operations.function]) this.#allowStore(fn);
    allow(this.operations.function, READ_ACTIONS, [this.table.tableArn]);
    const indexArns = Object.keys(FAILURE_INDEXES).map((index) => `${this.table.tableArn}/index/${index}`);
    allow(this.operations.function, ['dynamodb:Query'], indexArns);
    this.#unkept = alarmsWhenUnkept(this, this.indexer.function, this.#alarm);
    this.#tellOfArrivals(UNKNOWN_CONSUMER);
    observeMembers(this, { path: this.node.path, onMember: (member) => this.#serve(member) });
  }

  /** The alarms: failures of each consumer as they arrive, letters that cannot be kept, the oldest failure that is open, a schedule that does not start. */
  get alarms(): readonly Alarm[] {
    return [...this.operations.alarms, ...this.#unkept, ...this.#arrivals];
  }

  /**
   * Lets a person's or a pipeline's role look at failures and work them: `lambda:InvokeFunction` on the operations function, nothing else. A role
   * of IAM Identity Center (`AWSReservedSSO_…`) is refused (`CONFIGURATION_INVALID`), because no stack may change it: its permission set
   * allows the same action on `operations.function.functionArn`.
   */
  grantOperate(grantee: IGrantable): void {
    this.operations.grantOperate(grantee);
  }

  #environment(): Readonly<Record<string, string>> {
    return {
      [FAILURE_STORE_ENV.table]: this.table.tableName,
      [FAILURE_STORE_ENV.bucket]: this.bodies.bucketName,
      [FAILURE_STORE_ENV.bucketOwner]: Stack.of(this).account,
      [OPERATIONS_ENV.topology]: topologyPath(stackName(this)),
    };
  }

  #allowStore(fn: HandlerFunction): void {
    allowTable(fn, this.table, STORE_ACTIONS);
    allowBodies(fn, this.bodies);
    const path = Stack.of(this).formatArn({ service: 'ssm', resource: 'parameter', resourceName: topologyPath(stackName(this)).slice(1) });
    allow(fn, ['ssm:GetParametersByPath'], [path]);
  }

  #serve(member: StackMember): void {
    const parameter = describeMember(this, member, this.operations.function);
    // A queue keeps its id whatever stands beside it: CloudFormation makes a mapping before it deletes another of the same queue, which Lambda
    // refuses (CreateEventSourceMapping: ResourceConflictException).
    const drain = (id: string, letters: StackDeadLetters) =>
      // Whose letters they are is written down before the first one is read.
      this.#drain(`${member.kind}-${member.name}-${id}`, letters).node.addDependency(parameter);
    if (member.kind === 'consumer') {
      this.operations.serveConsumer(member);
      this.#tellOfArrivals(member.name);
      if (!member.indexed) return;
      drain('dead-letters', member.deadLetters);
      for (const letters of member.undelivered) drain(`undelivered-from-${letters.topic}`, letters);
      if (member.unscheduled) drain('unscheduled', member.unscheduled);
      return;
    }
    this.operations.serveOutbox(member);
    this.#tellOfArrivals(member.name);
    drain('unscheduled', member.unscheduled);
  }

  #drain(id: string, letters: StackDeadLetters) {
    const mapping = this.indexer.drain(id, letters);
    alarmWhenBehind(letters);
    const queue = letters.queue.node.defaultChild as CfnResource;
    enforceAtSynth(mapping, DRAINED_QUEUE_RULES, () => ({
      name: letters.queue.node.path,
      queue: finalProperties(queue),
      mapping: finalProperties(mapping),
      timeoutSeconds: Number(finalProperties(this.indexer.function.node.defaultChild as CfnResource)['Timeout']),
    }));
    return mapping;
  }

  /** An outbox and a consumer may have one name: their failures are counted under it together. */
  #tellOfArrivals(consumer: string): void {
    const id = `Arrivals-${consumer}`;
    if (this.node.tryFindChild(id) !== undefined) return;
    const arrivals = { metricName: INDEXER_METRICS.indexed, statistic: Stats.SUM, dimensions: { consumer } };
    const metric = runtimeMetric(this.indexer.function, arrivals);
    const description = `Messages of ${consumer} failed for good. See "posthaste dlq group", mend the cause, and send them back with "posthaste redrive".`;
    this.#arrivals.push(createAlarm(this, id, { metric, threshold: 1, description, ...this.#alarm }));
  }
}

function createTable(scope: Construct, props: FailureStoreProps): TableV2 {
  const { pk, sk, sort, expiresAt } = FAILURE_ATTRIBUTES;
  const text = (name: string) => ({ name, type: AttributeType.STRING });
  return new TableV2(scope, 'Table', {
    partitionKey: text(pk),
    sortKey: text(sk),
    // Failures that are worked expire; what waits for somebody never carries the attribute.
    timeToLiveAttribute: expiresAt,
    globalSecondaryIndexes: Object.entries(FAILURE_INDEXES).map(([indexName, attribute]) => ({
      indexName,
      partitionKey: text(attribute),
      sortKey: text(sort),
      projectionType: ProjectionType.KEYS_ONLY,
    })),
    ...tableDefaults(scope, props),
  });
}

import { Annotations, Aspects, type Duration, Stack } from 'aws-cdk-lib';
import type { Alarm } from 'aws-cdk-lib/aws-cloudwatch';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import type { TableRef } from '../infra/table-ref.ts';

/** A dead-letter queue, and the alarm on what waits in it. */
export interface StackDeadLetters {
  readonly queue: Queue;
  readonly encryptionKey?: IKey | undefined;
  readonly alarm: Alarm;
}

/** That of a subscription. */
export interface StackUndelivered extends StackDeadLetters {
  /** The logical name of the topic. */
  readonly topic: string;
}

/** A consumer or a command queue, as it registers itself. */
export interface StackConsumer {
  readonly kind: 'consumer';
  readonly construct: Construct;
  readonly name: string;
  readonly queue: Queue;
  readonly encryptionKey?: IKey | undefined;
  readonly ordered: boolean;
  readonly deadLetters: StackDeadLetters;
  /** Of its subscriptions. */
  readonly undelivered: readonly StackUndelivered[];
  /** Of its long waits. */
  readonly unscheduled?: StackDeadLetters | undefined;
  /** Whether a failure store may drain its dead-letter queues. */
  readonly indexed: boolean;
  readonly functionName: string;
  readonly mappingId: string;
  readonly inbox: { readonly table: TableRef; readonly scope: string; readonly retention: Duration };
}

/** An outbox, as it registers itself. */
export interface StackOutbox {
  readonly kind: 'outbox';
  readonly construct: Construct;
  readonly name: string;
  readonly table: TableRef;
  readonly relayFunction: string;
  readonly sweeperFunction: string;
  readonly failures: Bucket;
  /** Of the sweeper's schedule. */
  readonly unscheduled: StackDeadLetters;
}

export type StackMember = StackConsumer | StackOutbox;

/** Who wants to know what a stack is made of. */
export interface StackObserver {
  /** The path of its construct. */
  readonly path: string;
  /** Called for every member, whether it was there before or comes later. */
  onMember(member: StackMember): void;
}

interface StackTopology {
  readonly members: StackMember[];
  observer: StackObserver | undefined;
}

const topologies = new WeakMap<Stack, StackTopology>();

/** Tells the stack of a consumer or an outbox in it. */
export function registerMember(member: StackMember): void {
  const topology = topologyOf(Stack.of(member.construct));
  topology.members.push(member);
  topology.observer?.onMember(member);
}

/** The path of the construct that observes the stack already; undefined when none does. */
export function observerOf(scope: Construct): string | undefined {
  return topologyOf(Stack.of(scope)).observer?.path;
}

/** Shows an observer every member of the stack, those to come among them. */
export function observeMembers(scope: Construct, observer: StackObserver): void {
  const topology = topologyOf(Stack.of(scope));
  topology.observer = observer;
  for (const member of topology.members) observer.onMember(member);
}

function topologyOf(stack: Stack): StackTopology {
  const known = topologies.get(stack);
  if (known !== undefined) return known;
  const created: StackTopology = { members: [], observer: undefined };
  topologies.set(stack, created);
  // Known only once the whole stack stands.
  Aspects.of(stack).add({ visit: (node) => void (node === stack && adviseStore(stack, created)) });
  return created;
}

function adviseStore(stack: Stack, { members, observer }: StackTopology): void {
  if (observer !== undefined || !members.some(({ kind }) => kind === 'consumer')) return;
  Annotations.of(stack).addInfo(
    `${stack.node.path}: dead letters stay in their queues, to be read one by one; with new FailureStore(this, 'failures') they are grouped, ` +
      'searched and sent back from the command line',
  );
}

import { Duration } from 'aws-cdk-lib';
import { CfnEventSourceMapping } from 'aws-cdk-lib/aws-lambda';
import type { CfnQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { allow } from '../infra/grants.ts';
import { ownEntry } from '../infra/handler-entries.ts';
import { HandlerFunction } from '../infra/handler-function.construct.ts';
import type { StackDeadLetters } from '../topology/stack-topology.construct.ts';

/** What a `FailureStore` gives its indexer. */
export interface FailureIndexerProps {
  readonly environment: Readonly<Record<string, string>>;
}

/** What Lambda itself does with a queue's messages, as the function (Lambda developer guide, SQS: execution role permissions). */
const RECEIVE_ACTIONS = ['sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ReceiveMessage'] as const;

/** A batch takes a fraction of a second; the letters of one that was killed are back after six times this. */
const TIMEOUT = Duration.seconds(10);

/** Letters can wait: two batches of each queue at a time leave the table and the account's concurrency to the consumers. */
const MAX_CONCURRENCY = 2;

/** The part of a `FailureStore` that drains dead-letter queues into it. */
export class FailureIndexer extends Construct {
  readonly function: HandlerFunction;

  constructor(scope: Construct, id: string, { environment }: FailureIndexerProps) {
    super(scope, id);
    this.function = new HandlerFunction(this, 'function', {
      name: 'failure-indexer',
      entry: ownEntry('failure-indexer'),
      description: 'Moves dead letters into the failure store',
      timeout: TIMEOUT,
      environment,
    });
  }

  /** Drains a dead-letter queue; `id` names it among the others. */
  drain(id: string, { queue, encryptionKey }: StackDeadLetters): CfnEventSourceMapping {
    // Six times the function's timeout (Lambda developer guide, configuring a queue for Lambda).
    (queue.node.defaultChild as CfnQueue).visibilityTimeout = 6 * TIMEOUT.toSeconds();
    allow(this.function, RECEIVE_ACTIONS, [queue.queueArn]);
    encryptionKey?.grantDecrypt(this.function);
    const mapping = new CfnEventSourceMapping(this, id, {
      eventSourceArn: queue.queueArn,
      functionName: this.function.functionName,
      batchSize: 10,
      functionResponseTypes: ['ReportBatchItemFailures'],
      scalingConfig: { maximumConcurrency: MAX_CONCURRENCY },
    });
    // Lambda checks the role when the mapping is made.
    mapping.node.addDependency(this.function.role as Construct);
    return mapping;
  }
}

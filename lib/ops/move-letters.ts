import { StartMessageMoveTaskCommand, type StartMessageMoveTaskCommandOutput } from '@aws-sdk/client-sqs';
import type { Clock } from '../core/clock.ts';
import type { Logger } from '../core/logger.ts';
import type { Rng } from '../core/rng.ts';
import { retry } from '../retry/retry.ts';
import type { CommandSender } from '../topic/send-result.ts';
import type { ConsumerEntry } from '../topology/topology.contract.ts';
import { OperationError } from './operations.errors.ts';
import type { Answers, Author } from './operations.ts';

/** What moving works with. */
export interface MoveDeps {
  readonly sqs: CommandSender;
  readonly consumers: () => Promise<ReadonlyMap<string, ConsumerEntry>>;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly log: Logger;
}

/** What is moved, and by whom. */
export interface Move {
  readonly consumer: string;
  readonly rate?: number;
  readonly author: Author;
}

/**
 * Lets SQS move a dead-letter queue back itself. The destination is always named: without it SQS sends to where a message came from, which
 * it does not know of one that a consumer parked (StartMessageMoveTask API reference, `DestinationArn`).
 */
export async function moveLetters(deps: MoveDeps, { consumer, rate, author }: Move): Promise<Answers['move']> {
  const entry = (await deps.consumers()).get(consumer);
  if (entry === undefined) throw new OperationError('CONSUMER_UNKNOWN', `there is no consumer '${consumer}' in this stack`);
  if (entry.indexed) {
    const why = `the dead letters of '${consumer}' are kept in the failure store, and its queue is drained: use a redrive, which can select, try and resume`;
    throw new OperationError('MOVE_REFUSED', why);
  }
  const command = new StartMessageMoveTaskCommand({
    SourceArn: entry.deadLetterQueue.arn,
    DestinationArn: entry.queue.arn,
    ...(rate !== undefined && { MaxNumberOfMessagesPerSecond: rate }),
  });
  // A lost answer may have started it; the next try is then refused, for a queue has one task at a time.
  const { TaskHandle = '' }: StartMessageMoveTaskCommandOutput = await retry(() => deps.sqs.send(command), deps);
  deps.log.info('dead letters are being moved by SQS', { consumer, ...author });
  return { taskHandle: TaskHandle };
}

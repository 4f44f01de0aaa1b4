import { GetQueueAttributesCommand, type GetQueueAttributesCommandOutput } from '@aws-sdk/client-sqs';
import type { Clock } from '../core/clock.ts';
import type { Rng } from '../core/rng.ts';
import { retry } from '../retry/retry.ts';
import type { CommandSender } from '../topic/send-result.ts';
import type { QueueAddress } from '../topology/topology.contract.ts';
import type { QueueStatus } from './operations.ts';

/** What looking at queues works with: a client made with `maxAttempts: 1`. */
export interface QueueStatusDeps {
  readonly sqs: CommandSender;
  readonly clock: Clock;
  readonly rng: Rng;
}

/** Messages in a queue, approximately, as SQS says. */
export async function countsOf({ sqs, clock, rng }: QueueStatusDeps, { url }: QueueAddress): Promise<QueueStatus> {
  const command = new GetQueueAttributesCommand({
    QueueUrl: url,
    AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible', 'ApproximateNumberOfMessagesDelayed'],
  });
  const { Attributes = {} }: GetQueueAttributesCommandOutput = await retry(() => sqs.send(command), { clock, rng });
  return {
    visible: Number(Attributes['ApproximateNumberOfMessages'] ?? 0),
    inFlight: Number(Attributes['ApproximateNumberOfMessagesNotVisible'] ?? 0),
    delayed: Number(Attributes['ApproximateNumberOfMessagesDelayed'] ?? 0),
  };
}

import type { ChangeMessageVisibilityBatchCommandOutput } from '@aws-sdk/client-sqs';
import { ChangeMessageVisibilityBatchCommand } from '@aws-sdk/client-sqs';
import type { Clock } from '../core/clock.ts';
import type { Logger } from '../core/logger.ts';
import type { Rng } from '../core/rng.ts';
import { retry } from '../retry/retry.ts';
import { LONGEST_HOLD_MS } from './consumer.contract.ts';
import type { Visibility } from './consumer.ports.ts';
import { errorText } from './error-text.ts';

/** The part of an SQS client that visibility needs. */
export interface VisibilityClient {
  send(command: ChangeMessageVisibilityBatchCommand): Promise<ChangeMessageVisibilityBatchCommandOutput>;
}

/** What changing visibility depends on. */
export interface VisibilityOptions {
  readonly client: VisibilityClient;
  readonly queueUrl: string;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly log: Logger;
}

// "Up to 10" entries (API_ChangeMessageVisibilityBatch).
const MAX_ENTRIES = 10;

/** Whole seconds, as SQS counts them: 0 stays 0, and less than a second becomes one. */
function delaySeconds(delayMs: number): number {
  return Math.ceil(Math.min(LONGEST_HOLD_MS, Math.max(0, delayMs)) / 1000);
}

/** Changes visibility in batches of ten. What fails is logged and left to the queue's own visibility timeout. */
export function createVisibility({ client, queueUrl, clock, rng, log }: VisibilityOptions): Visibility {
  async function changeSome(entries: Parameters<Visibility['change']>[0]): Promise<void> {
    const Entries = entries.map(({ receiptHandle, delayMs }, index) => ({
      Id: String(index),
      ReceiptHandle: receiptHandle,
      VisibilityTimeout: delaySeconds(delayMs),
    }));
    try {
      const command = new ChangeMessageVisibilityBatchCommand({ QueueUrl: queueUrl, Entries });
      const output = await retry(() => client.send(command), { clock, rng, tries: 2 });
      if (output.Failed?.length) log.warn('visibility not changed', { codes: output.Failed.map((failed) => failed.Code) });
    } catch (error) {
      log.warn('visibility not changed', { error: errorText(error), records: entries.length });
    }
  }
  return {
    async change(entries) {
      const batches: Promise<void>[] = [];
      for (let at = 0; at < entries.length; at += MAX_ENTRIES) batches.push(changeSome(entries.slice(at, at + MAX_ENTRIES)));
      await Promise.all(batches);
    },
  };
}

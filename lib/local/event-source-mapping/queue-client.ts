import type { MappingConfig } from './mapping-config.ts';
import { callAsFunction, type RunnerDeps } from './mapping-runner.ts';
import type { ReceivedMessage } from './sqs-event.ts';

/** The three things that a mapping asks of its queue. */
export interface QueueClient {
  receive(count: number): readonly ReceivedMessage[];
  /** Deletes by receipt handle and returns how many were deleted. */
  remove(receiptHandles: readonly string[]): number;
  /** The queue's visibility timeout now. */
  visibilityMs(): number;
}

/** The URL of a queue as the embedded SQS writes it. */
export function queueUrl(endpoint: string, queueArn: string): string {
  const [, , , , account, name] = queueArn.split(':');
  return `${endpoint}/${account}/${name}`;
}

/** A client that acts as the mapping's function. */
export function createQueueClient(deps: RunnerDeps, config: MappingConfig): QueueClient {
  const call = (action: string, input: Record<string, unknown>) => {
    const QueueUrl = queueUrl(deps.aws().place.endpoint, config.eventSourceArn);
    return callAsFunction(deps, config.functionArn, { service: 'sqs', action, input: { QueueUrl, ...input } });
  };
  return {
    receive(count) {
      const input = {
        MaxNumberOfMessages: count,
        WaitTimeSeconds: 0,
        MessageSystemAttributeNames: ['All'],
        MessageAttributeNames: ['All'],
      };
      return (call('ReceiveMessage', input)['Messages'] as ReceivedMessage[] | undefined) ?? [];
    },
    remove(receiptHandles) {
      let deleted = 0;
      // DeleteMessageBatch takes ten entries (API reference).
      for (let start = 0; start < receiptHandles.length; start += 10) {
        const handles = receiptHandles.slice(start, start + 10);
        const output = call('DeleteMessageBatch', {
          Entries: handles.map((ReceiptHandle, index) => ({ Id: String(index), ReceiptHandle })),
        });
        deleted += (output['Successful'] as unknown[] | undefined)?.length ?? 0;
      }
      return deleted;
    },
    visibilityMs() {
      try {
        const output = call('GetQueueAttributes', { AttributeNames: ['VisibilityTimeout'] });
        return Number((output['Attributes'] as Record<string, string> | undefined)?.['VisibilityTimeout'] ?? 30) * 1_000;
      } catch {
        // The default of a queue; the role may not be allowed to ask.
        return 30_000;
      }
    },
  };
}

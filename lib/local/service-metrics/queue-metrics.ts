import type { QueueStats, Sqs } from '../sqs/sqs.ts';
import { createGrowth } from './growth.ts';
import { type MetricSink, reportOn } from './metric-sink.ts';

/** SQS developer guide, "Monitoring Amazon SQS queues using CloudWatch": a queue counts as active for up to six hours. */
const ACTIVE_MS = 6 * 60 * 60_000;

/**
 * Reports `AWS/SQS` of every active queue, as "Available CloudWatch metrics for Amazon SQS" has it: what SQS itself moved to a dead-letter
 * queue was not sent there, its age starts there, and a queue without messages has no age.
 */
export function createQueueMetrics(sqs: Pick<Sqs, 'all' | 'stats'>, sink: MetricSink): (at: number) => void {
  const growth = createGrowth();
  const activeAt = new Map<string, number>();

  function isActive(arn: string, stats: QueueStats, at: number): boolean {
    const moved = growth(`${arn} moved`, stats.sent + stats.arrived + stats.received + stats.deleted) > 0;
    if (moved || !activeAt.has(arn) || stats.visible + stats.inFlight + stats.delayed > 0) activeAt.set(arn, at);
    return at - (activeAt.get(arn) ?? at) < ACTIVE_MS;
  }

  return (at) => {
    for (const arn of sqs.all()) {
      const stats = sqs.stats(arn);
      if (!isActive(arn, stats, at)) continue;
      const report = reportOn(sink, { namespace: 'AWS/SQS', dimensions: { QueueName: arn.split(':')[5] ?? arn }, at });
      report('NumberOfMessagesSent', 'Count', growth(`${arn} sent`, stats.sent));
      report('NumberOfMessagesReceived', 'Count', growth(`${arn} received`, stats.received));
      report('NumberOfMessagesDeleted', 'Count', growth(`${arn} deleted`, stats.deleted));
      report('ApproximateNumberOfMessagesVisible', 'Count', stats.visible);
      report('ApproximateNumberOfMessagesNotVisible', 'Count', stats.inFlight);
      report('ApproximateNumberOfMessagesDelayed', 'Count', stats.delayed);
      if (arn.endsWith('.fifo')) report('NumberOfDeduplicatedSentMessages', 'Count', growth(`${arn} repeated`, stats.deduplicated));
      if (stats.waitingSince !== undefined) {
        report('ApproximateAgeOfOldestMessage', 'Seconds', Math.max(0, Math.round((at - stats.waitingSince) / 1_000)));
      }
    }
  };
}

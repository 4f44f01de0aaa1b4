import type { Sns, SubscriptionStats } from '../sns/sns.ts';
import { createGrowth } from './growth.ts';
import { type MetricSink, reportOn } from './metric-sink.ts';

/** SNS developer guide, "Monitoring Amazon SNS topics using CloudWatch": metric by what a subscription counts. */
const DELIVERIES = {
  NumberOfNotificationsDelivered: 'delivered',
  NumberOfNotificationsFailed: 'failed',
  NumberOfNotificationsFilteredOut: 'filteredOut',
  NumberOfNotificationsRedrivenToDlq: 'redrivenToDlq',
  NumberOfNotificationsFailedToRedriveToDlq: 'refusedByDlq',
} as const satisfies Readonly<Record<string, keyof SubscriptionStats>>;

/** Reports `AWS/SNS` of every topic: only what happened, so that an idle topic has no data. */
export function createTopicMetrics(sns: Pick<Sns, 'all' | 'stats'>, sink: MetricSink): (at: number) => void {
  const growth = createGrowth();
  return (at) => {
    for (const arn of sns.all()) {
      const { published, subscriptions } = sns.stats(arn);
      const report = reportOn(sink, { namespace: 'AWS/SNS', dimensions: { TopicName: arn.split(':')[5] ?? arn }, at });
      const grown = growth(arn, published);
      if (grown > 0) report('NumberOfMessagesPublished', 'Count', grown);
      for (const [name, counter] of Object.entries(DELIVERIES)) {
        const count = Object.entries(subscriptions).reduce((sum, [own, stats]) => sum + growth(`${own} ${name}`, stats[counter]), 0);
        if (count > 0) report(name, 'Count', count);
      }
    }
  };
}

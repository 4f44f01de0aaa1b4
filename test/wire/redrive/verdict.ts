import { ScanCommand } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { FAILURE_STATUSES, type Failure, type FailureStatus } from '../../../lib/dlq/failure.ts';
import type { FailureStore } from '../../../lib/dlq/failure-store.ts';
import type { Redrive } from '../../../lib/ops/operations.ts';
import { allFailures } from '../../dlq/all-failures.ts';
import type { Stage } from './stage.ts';
import { isHopeless } from './workers.ts';

/** How often each order had its effect. */
async function effectsOf({ dynamodb, tables }: Stage): Promise<ReadonlyMap<string, number>> {
  const effects = new Map<string, number>();
  let ExclusiveStartKey: Record<string, never> | undefined;
  do {
    const output = await dynamodb.send(new ScanCommand({ TableName: tables.effects, ConsistentRead: true, ExclusiveStartKey }));
    for (const item of output.Items ?? []) {
      const { id, n } = unmarshall(item);
      effects.set(String(id), Number(n));
    }
    ExclusiveStartKey = output.LastEvaluatedKey as typeof ExclusiveStartKey;
  } while (ExclusiveStartKey !== undefined);
  return effects;
}

/** What is wrong after a redrive of these orders has ended; nothing when each was handled once, or stands accounted for. */
export async function complaintsAbout(stage: Stage, store: FailureStore, ended: EndedRedrive): Promise<string[]> {
  const { orders, redrive } = ended;
  const [failures, effects] = [await allFailures(store), await effectsOf(stage)];
  const byOrder = Map.groupBy(failures, ({ messageId = '' }) => messageId);
  const complaints: string[] = [];
  for (const order of orders) {
    const [failure, ...others] = byOrder.get(order) ?? [];
    if (failure === undefined || others.length > 0) complaints.push(`${order} is kept ${failure ? others.length + 1 : 0} times`);
    else complaints.push(...(await complaintsAboutOne(store, failure, { order, redrive, effects: effects.get(order) ?? 0 })));
  }
  const { sent, alreadyDone, left } = redrive.counts;
  if (redrive.state !== 'finished') complaints.push(`the redrive is ${redrive.state}`);
  if (sent + alreadyDone !== orders.length || left !== 0) complaints.push(`it counted ${JSON.stringify(redrive.counts)}`);
  return [...complaints, ...(await complaintsAboutGroups(store, failures))];
}

/** A redrive that has ended, and what it was to send back. */
export interface EndedRedrive {
  readonly orders: readonly string[];
  readonly redrive: Redrive;
}

interface Fate {
  readonly order: string;
  readonly redrive: Redrive;
  readonly effects: number;
}

async function complaintsAboutOne(store: FailureStore, failure: Failure, { order, redrive, effects }: Fate): Promise<string[]> {
  const hopeless = isHopeless(order);
  const stands: readonly FailureStatus[] = hopeless ? ['open'] : ['redriven', 'done'];
  const audits = (await store.audits(failure.id)).map(({ action, result, redriveId }) => `${action} ${result} ${redriveId === redrive.id}`);
  const isAudited = audits.length === 1 && /^redrive (sent|already done) true$/.test(audits[0] ?? '');
  return [
    ...(effects === (hopeless ? 0 : 1) ? [] : [`${order} was handled ${effects} times`]),
    ...(stands.includes(failure.status) ? [] : [`${order} is ${failure.status}`]),
    ...(failure.redrives === 1 ? [] : [`${order} was redriven ${failure.redrives} times`]),
    ...(isAudited ? [] : [`${order} has the audits ${JSON.stringify(audits)}`]),
  ];
}

/** What is counted is what is there. */
async function complaintsAboutGroups(store: FailureStore, failures: readonly Failure[]): Promise<string[]> {
  const { items } = await store.groups();
  return items.flatMap(({ fingerprint, counts }) =>
    FAILURE_STATUSES.flatMap((status) => {
      const there = failures.filter((failure) => failure.fingerprint === fingerprint && failure.status === status).length;
      const counted = counts[status] ?? 0;
      return counted === there ? [] : [`the group ${fingerprint} counts ${counted} ${status}, and ${there} are`];
    }),
  );
}

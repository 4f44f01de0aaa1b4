import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { createOutbox, type Outbox } from '../../lib/index.ts';
import { CLIENT_SETTINGS } from '../../lib/retry/client-settings.ts';
import type { Child } from '../child.ts';
import { OrderPlaced, orderOf } from '../orders.ts';
import { CHAIN } from './chain.contract.ts';
import type { Effects, HostReady, HostRequest } from './host.ts';

/** Commits and consumers' effects of one host. */
export interface Load {
  /** Commits as many events as fast as `concurrency` producers can. */
  commitAll(count: number, concurrency: number): Promise<void>;
  /** Commits events at a steady rate, whether or not earlier ones have arrived. */
  commitSteadily(options: { readonly perSecond: number; readonly seconds: number }): Promise<void>;
  /** Waits until both consumers have handled every event that is committed so far. */
  settled(): Promise<void>;
  /** Throws unless every event has had each of its effects, and nothing else has. */
  verify(): Promise<void>;
}

const STUCK_MS = 60_000;

/** A producer in a process of its own, with the client that `createOutbox` makes by default. */
export function createLoad(host: Child, { endpoint, outboxTable }: HostReady): Load {
  const credentials = { accessKeyId: 'bench', secretAccessKey: 'bench' };
  const client = new DynamoDBClient({ ...CLIENT_SETTINGS, endpoint, region: 'us-east-1', credentials });
  const outbox = createOutbox({ client, table: outboxTable, source: CHAIN.source });
  let committed = 0;
  const commit = async () => {
    await commitOne(outbox);
    committed += 1;
  };
  return {
    async commitAll(count, concurrency) {
      let left = count;
      const producer = async () => {
        while (left > 0) {
          left -= 1;
          await commit();
        }
      };
      await Promise.all(Array.from({ length: concurrency }, producer));
    },
    async commitSteadily({ perSecond, seconds }) {
      const started = performance.now();
      const under: Promise<void>[] = [];
      for (let index = 0; index < perSecond * seconds; index += 1) {
        const early = started + (index * 1_000) / perSecond - performance.now();
        if (early > 0) await wait(early);
        under.push(commit());
      }
      await Promise.all(under);
    },
    async settled() {
      const giveUp = performance.now() + STUCK_MS;
      while (performance.now() < giveUp) {
        const processed = await host.ask<number>({ kind: 'processed' } satisfies HostRequest);
        if (processed >= 2 * committed) return;
        await wait(20);
      }
      throw new Error('the chain did not deliver everything within a minute');
    },
    async verify() {
      const { shipped, billed } = await host.ask<Effects>({ kind: 'effects' } satisfies HostRequest);
      if (shipped !== committed || billed !== committed) {
        throw new Error(`${committed} events had ${shipped} and ${billed} effects`);
      }
    },
  };
}

async function commitOne(outbox: Outbox): Promise<void> {
  const unit = outbox.unit();
  unit.publish(OrderPlaced, orderOf(randomUUID()));
  await unit.commit();
}

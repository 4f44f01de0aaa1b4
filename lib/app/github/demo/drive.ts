import { setTimeout as wait } from 'node:timers/promises';
import { signatureOf } from '../signature.ts';
import type { Delivery } from './delivery.ts';
import type { Answer } from './evidence.ts';

/** How deliveries are sent. */
export interface DriveOptions {
  readonly url: string;
  readonly secret: string;
  /** Deliveries per second; undefined sends as fast as the answers come. */
  readonly rate?: number | undefined;
  /** Sends every nth delivery twice, as GitHub's "redeliver" button does. 0 never. */
  readonly redeliverEvery?: number;
  readonly onAnswer?: (answer: Answer) => void;
  readonly signal?: AbortSignal;
}

/** Requests under way at once. Each needs an instance of the receiving function, and a cold start on a laptop takes a core for a while. */
const CONCURRENCY = 6;

/** A delivery without a definite answer is sent again, as anyone who must not lose it would do. */
const MAX_TRIES = 8;

/** Sends deliveries to the webhook endpoint and reports the last answer to each, in order of their arrival. */
export async function drive(deliveries: readonly Delivery[], options: DriveOptions): Promise<readonly Answer[]> {
  const answers: Answer[] = [];
  const queue = withRedeliveries(deliveries, options.redeliverEvery ?? 0);
  const started = performance.now();
  let next = 0;

  async function worker(): Promise<void> {
    for (let index = next++; index < queue.length; index = next++) {
      if (options.signal?.aborted) return;
      if (options.rate) await until(started + (index * 1_000) / options.rate, options.signal);
      const answer = await send(queue[index] as Delivery, options);
      answers.push(answer);
      options.onAnswer?.(answer);
    }
  }

  await Promise.all(Array.from({ length: Math.min(CONCURRENCY, queue.length) }, worker));
  return answers;
}

function withRedeliveries(deliveries: readonly Delivery[], every: number): readonly Delivery[] {
  if (every <= 0) return deliveries;
  return deliveries.flatMap((delivery, index) => (index % every === every - 1 ? [delivery, delivery] : [delivery]));
}

async function until(at: number, signal?: AbortSignal): Promise<void> {
  const ms = at - performance.now();
  if (ms > 0) await wait(ms, undefined, signal ? { signal } : {}).catch(() => {});
}

async function send(delivery: Delivery, options: DriveOptions): Promise<Answer> {
  let last = answerTo(delivery, 0, 'no answer');
  for (let tried = 0; tried < MAX_TRIES && !options.signal?.aborted; tried += 1) {
    last = await post(delivery, options);
    if (last.status >= 200 && last.status < 500 && last.status !== 429) return last;
    await until(performance.now() + 50 * 2 ** tried, options.signal);
  }
  return last;
}

async function post(delivery: Delivery, { url, secret, signal }: DriveOptions): Promise<Answer> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-github-event': delivery.event,
        'x-github-delivery': delivery.id,
        'x-hub-signature-256': signatureOf(delivery.body, secret),
      },
      body: delivery.body,
      ...(signal && { signal }),
    });
    return answerTo(delivery, response.status, reasonIn(await response.text()));
  } catch (error) {
    return answerTo(delivery, 0, error instanceof Error ? error.message : String(error));
  }
}

function answerTo(delivery: Delivery, status: number, reason: string | undefined): Answer {
  const answer = { deliveryId: delivery.id, event: delivery.event, ...seenIn(delivery), status };
  return status >= 200 && status < 300 ? answer : { ...answer, reason: `${delivery.origin}: ${reason ?? `HTTP ${status}`}` };
}

function reasonIn(body: string): string | undefined {
  try {
    const { code, message } = JSON.parse(body) as { code?: string; message?: string };
    return code ? `${code}: ${message}` : body;
  } catch {
    return body || undefined;
  }
}

function seenIn(delivery: Delivery): Pick<Answer, 'action' | 'anonymous'> {
  try {
    const payload = JSON.parse(Buffer.from(delivery.body).toString()) as { action?: unknown; sender?: unknown } | null;
    const action = typeof payload?.action === 'string' ? payload.action : undefined;
    return { action, ...(!payload?.sender && { anonymous: true }) };
  } catch {
    return { action: undefined };
  }
}

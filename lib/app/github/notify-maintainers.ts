import type { ErrorRule, Route } from '../../index.ts';
import { deadLetter, errorRule, exponential, on, pause, retry, retryNow, Transient } from '../../index.ts';
import * as github from './github.messages.ts';

/** What maintainers want to hear of at once. */
export const NOTIFIED_EVENTS = [
  github.Release,
  github.SecurityAdvisory,
  github.RepositoryVulnerabilityAlert,
  github.DependabotAlert,
  github.CodeScanningAlert,
  github.Sponsorship,
  github.Installation,
] as const;

/**
 * What becomes of a notification that the endpoint does not take. What it refuses is somebody's to look at. One that has too much to do gets no
 * call at all for as long as it asks, or a minute: each message that came back by itself would be one more call. While it is out of order,
 * a message is tried twice more at once and then ever more slowly.
 */
export const NOTIFY_ERRORS: readonly ErrorRule[] = [
  errorRule({ code: 'ENDPOINT_REFUSED' }, deadLetter()),
  errorRule({ code: 'ENDPOINT_BUSY' }, pause(60_000)),
  errorRule({ code: 'ENDPOINT_DOWN' }, retryNow(2, { orElse: retry(exponential({ baseMs: 10_000, capMs: 900_000 })) })),
];

/**
 * Posts to an endpoint outside of DynamoDB, so its effect is at least once, always under the same idempotency key: the endpoint
 * can recognise a repetition, this handler cannot prevent it.
 */
export function notifyMaintainers(notifyUrl: string): readonly Route[] {
  return NOTIFIED_EVENTS.map((event) =>
    on(
      event,
      async (message, { idempotencyKey, signal }) => {
        const response = await fetch(notifyUrl, {
          method: 'POST',
          headers: { 'content-type': 'application/json', 'idempotency-key': idempotencyKey },
          body: JSON.stringify({ delivery: message.correlationId, text: headline(message.type, message.data.action) }),
          signal,
        });
        if (!response.ok) throw notTaken(response);
      },
      { effect: 'external' },
    ),
  );
}

function notTaken({ status, headers }: Response): Transient {
  const said = `the notification endpoint answered ${status}`;
  if (status === 429) return new Transient(said, { code: 'ENDPOINT_BUSY', ...retryAfter(headers.get('retry-after')) });
  return new Transient(said, { code: status >= 500 ? 'ENDPOINT_DOWN' : 'ENDPOINT_REFUSED' });
}

/** `Retry-After` in seconds (RFC 9110, 10.2.3); given as a date, it counts as not given. */
function retryAfter(header: string | null): { readonly retryAfterMs?: number } {
  return header !== null && /^\d+$/.test(header) ? { retryAfterMs: Number(header) * 1_000 } : {};
}

function headline(type: string, action: string | undefined): string {
  return [type.replace(/^github\./, '').replaceAll('-', ' '), action].filter(Boolean).join(' ');
}

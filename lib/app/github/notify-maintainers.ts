import type { ErrorRule, Route } from '../../index.ts';
import { deadLetter, errorRule, exponential, on, retry, retryNow, Transient } from '../../index.ts';
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
 * What becomes of a notification that the endpoint does not take: while it is out of order, twice more at once and then ever more slowly; what
 * it refuses is somebody's to look at.
 */
export const NOTIFY_ERRORS: readonly ErrorRule[] = [
  errorRule({ code: 'ENDPOINT_REFUSED' }, deadLetter()),
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
        if (response.ok) return;
        const isDown = response.status >= 500 || response.status === 429;
        throw new Transient(`the notification endpoint answered ${response.status}`, {
          code: isDown ? 'ENDPOINT_DOWN' : 'ENDPOINT_REFUSED',
        });
      },
      { effect: 'external' },
    ),
  );
}

function headline(type: string, action: string | undefined): string {
  return [type.replace(/^github\./, '').replaceAll('-', ' '), action].filter(Boolean).join(' ');
}

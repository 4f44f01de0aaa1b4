import type { Route } from '../../index.ts';
import { on, Permanent, Transient } from '../../index.ts';
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
        if (response.status >= 500 || response.status === 429) throw new Transient(`the notification endpoint answered ${response.status}`);
        if (!response.ok) throw new Permanent(`the notification endpoint refused with ${response.status}`);
      },
      { effect: 'external' },
    ),
  );
}

function headline(type: string, action: string | undefined): string {
  return [type.replace(/^github\./, '').replaceAll('-', ' '), action].filter(Boolean).join(' ');
}

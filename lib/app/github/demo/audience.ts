import type { Answer } from './evidence.ts';

/** What decides for whom a delivery is. */
type Subject = Pick<Answer, 'event' | 'action' | 'anonymous'>;

/**
 * Which consumers must see a delivery, by GitHub's name of its event, its action, and whether somebody is there to be welcomed: they and no
 * other. Said again here on purpose: the verdict shares no code with what it judges.
 */
export const AUDIENCE = {
  'record-audit-trail': () => true,
  'notify-maintainers': ({ event }) =>
    /^(release|security_advisory|repository_vulnerability_alert|dependabot_alert|code_scanning_alert|sponsorship|installation)$/.test(
      event,
    ),
  'announce-release': ({ event }) => event === 'release',
  'project-activity': ({ event }) =>
    /^(issues|issue_comment|pull_request|pull_request_review|pull_request_review_comment|pull_request_review_thread|discussion|discussion_comment)$/.test(
      event,
    ),
  'welcome-author': ({ event, action, anonymous = false }) =>
    !anonymous && action === (event === 'discussion' ? 'created' : 'opened') && /^(issues|pull_request|discussion)$/.test(event),
} as const satisfies Readonly<Record<string, (subject: Subject) => boolean>>;

/** A consumer of the application. */
export type Consumer = keyof typeof AUDIENCE;

/** Whether a delivery is for a consumer; none is for one that the application does not have. */
export function isFor(consumer: string, subject: Subject): boolean {
  return Object.hasOwn(AUDIENCE, consumer) && AUDIENCE[consumer as Consumer](subject);
}

import type { Route, Table } from '../../index.ts';
import { on } from '../../index.ts';
import * as github from './github.messages.ts';

/** What the ordered topic carries: everything about one issue, pull request or discussion. */
export const ACTIVITY_EVENTS = [
  github.Issues,
  github.IssueComment,
  github.PullRequest,
  github.PullRequestReview,
  github.PullRequestReviewComment,
  github.PullRequestReviewThread,
  github.Discussion,
  github.DiscussionComment,
] as const;

/**
 * Projects the events of one numbered thing onto one item, in the order of their commits, and greets whoever opened it: the projection
 * is itself a producer, and its command leaves if and only if its item changed.
 */
export function projectActivity(activity: Table): readonly Route[] {
  return ACTIVITY_EVENTS.map((event) =>
    on(event, async (message, { unit }) => {
      const { action, sender } = message.data;
      const key = message.key ?? message.id;
      unit.update(
        activity,
        { pk: `ACTIVITY#${key}` },
        {
          update: {
            expression: 'SET lastType = :type, lastAt = :at, applied = list_append(if_not_exists(applied, :none), :applied)',
            values: {
              ':type': message.type,
              ':at': message.time,
              ':none': [],
              ':applied': [{ delivery: message.correlationId, sequence: message.sequence ?? 0 }],
            },
          },
        },
      );
      if (opens(message.type, action) && sender) unit.send(github.WelcomeAuthor, { login: sender.login, subject: key });
    }),
  );
}

function opens(type: string, action: string | undefined): boolean {
  if (type === github.Discussion.name) return action === 'created';
  return action === 'opened' && (type === github.Issues.name || type === github.PullRequest.name);
}

import type { Route } from '../../index.ts';
import { on, Permanent } from '../../index.ts';
import { Release } from './github.messages.ts';

/** What is announced. */
export const ANNOUNCED_EVENTS = [Release] as const;

/**
 * Posts what happened to a release where everybody reads it. Nobody there recognises a repetition, and to be told twice is worse than not at
 * all: the consumer is declared `at-most-once`, and whatever is not plainly taken is kept as a failure, for somebody who looks whether it
 * stands there.
 */
export function announceRelease(announceUrl: string): readonly Route[] {
  return [
    on(Release, async ({ correlationId, data }, { signal }) => {
      const { action, release, repository } = data;
      const text = [repository?.full_name, release.tag_name, action].filter(Boolean).join(' ');
      const response = await fetch(announceUrl, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ delivery: correlationId, text }),
        signal,
      });
      if (!response.ok) throw new Permanent(`the announcement endpoint answered ${response.status}`, { code: 'ANNOUNCEMENT_REFUSED' });
    }),
  ];
}

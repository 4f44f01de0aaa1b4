import type { Replies, Reply } from './endpoints.ts';

/** The troubles of the endpoints in one run. */
export interface Troubles extends Replies {
  /** The endpoint of notifications is told of releases. */
  mend(): void;
}

/** What the troubles of a run depend on. */
export interface TroublesOptions {
  /** Milliseconds. */
  readonly now: () => number;
  /** Whether they are more than somebody's mistake: too much to do, and an answer that is lost. */
  readonly chaos: boolean;
}

/** The endpoint of notifications has too much to do for so long. */
export const BUSY_SECONDS = 1;

const TAKEN: Reply = { status: 202 };

/**
 * At first the endpoint of notifications has not been told of releases, and answers 404. In chaos it also starts with too much to do, and the
 * other endpoint takes its first announcement without an answer: nobody can tell the caller that it stands there.
 */
export function createTroubles({ now, chaos }: TroublesOptions): Troubles {
  let knowsReleases = false;
  let busyUntil: number | undefined;
  let answersAnnouncements = !chaos;
  return {
    notification(body) {
      busyUntil ??= chaos ? now() + BUSY_SECONDS * 1_000 : 0;
      if (now() < busyUntil) return { status: 429, retryAfterSeconds: BUSY_SECONDS };
      return knowsReleases || !body.includes('"text":"release') ? TAKEN : { status: 404 };
    },
    announcement() {
      const reply = answersAnnouncements ? TAKEN : { status: 0 };
      answersAnnouncements = true;
      return reply;
    },
    mend: () => {
      knowsReleases = true;
    },
  };
}

import { deepEqual, equal } from 'node:assert/strict';
import { charged, MAX_HISTORY, unsettled } from '../../retry/attempts.ts';
import { type InboxCase, runOf, standingOf } from './inbox-instance.ts';

const failure = (message: string) => ({ at: '2030-01-01T00:00:00.000Z', type: 'Error', message });

/** A run for the books. */
const entry = (run: string, change: { consumer?: string; messageId?: string } = {}) => ({
  ...{ consumer: 'ship-order', messageId: 'message-1', run },
  ...change,
});

/** The books that tell a message that fails from one that kills its process. */
export const attemptCases: readonly InboxCase[] = [
  {
    name: 'a run that began and said nothing any more is charged as a crash',
    requires: ['attempts'],
    async run({ inbox }) {
      const tally = await inbox.begin(entry('run-1'));
      equal(tally.started, 1, 'a run that began is not in the books');
      equal(unsettled(tally), 1, 'a run without an end does not look like a crash');
      equal((await inbox.begin(entry('run-2'))).started, 2, 'the second run is not in the books');
    },
  },
  {
    name: 'a run that failed is charged once, with its reason in the history',
    requires: ['attempts'],
    async run({ inbox }) {
      await inbox.begin(entry('run-1'));
      const tally = await inbox.end(entry('run-1'), { begun: true, failure: failure('no stock'), history: [] });
      equal(charged(tally), 1, 'a failed run was not charged exactly once');
      deepEqual(tally.history, [failure('no stock')], 'the history does not say why the run failed');
    },
  },
  {
    name: 'a first receive that fails enters its beginning and its end together, and is no crash',
    requires: ['attempts'],
    async run({ inbox }) {
      const tally = await inbox.end(entry('run-1'), { begun: false, failure: failure('no stock'), history: [] });
      equal(unsettled(tally), 0, 'a first receive that failed looks like a crash');
      equal(charged(tally), 1, 'a first receive that failed was not charged');
    },
  },
  {
    name: 'a run that ended without a failure costs nothing',
    requires: ['attempts'],
    async run({ inbox }) {
      await inbox.begin(entry('run-1'));
      equal(charged(await inbox.end(entry('run-1'), { begun: true, history: [] })), 0, 'a throttle or a conflict was charged');
    },
  },
  {
    name: 'the same beginning or end entered twice counts once',
    requires: ['attempts'],
    async run({ inbox }) {
      for (let time = 1; time <= 2; time += 1) equal((await inbox.begin(entry('run-1'))).started, 1, 'a beginning counted twice');
      for (let time = 1; time <= 2; time += 1) {
        const tally = await inbox.end(entry('run-1'), { begun: true, failure: failure('no stock'), history: [] });
        deepEqual([tally.settled, tally.failed], [1, 1], 'an end counted twice');
      }
    },
  },
  {
    name: 'the end of a run whose beginning is in doubt counts only if it began',
    requires: ['attempts'],
    async run({ inbox }) {
      const none = await inbox.end(entry('run-1'), { begun: 'perhaps', failure: failure('no stock'), history: [] });
      equal(charged(none), 0, 'a run that never began was charged');
      await inbox.begin(entry('run-2'));
      const one = await inbox.end(entry('run-2'), { begun: 'perhaps', failure: failure('no stock'), history: [] });
      deepEqual([one.settled, one.failed], [1, 1], 'the end of a run that did begin was not counted');
    },
  },
  {
    name: `the history keeps the last ${MAX_HISTORY} failures, the oldest first`,
    requires: ['attempts'],
    async run({ inbox }) {
      let history = (await inbox.begin(entry('run-0'))).history;
      for (let index = 1; index <= MAX_HISTORY + 3; index += 1) {
        const end = { begun: false, failure: failure(`failure ${index}`), history };
        history = (await inbox.end(entry(`run-${index}`), end)).history;
      }
      const expected = Array.from({ length: MAX_HISTORY }, (_, index) => `failure ${index + 4}`);
      deepEqual(
        history.map(({ message }) => message),
        expected,
        'the history is not that of the last failures',
      );
    },
  },
  {
    name: 'runs that begin at the same time all count',
    requires: ['attempts'],
    async run({ inbox }) {
      await Promise.all(Array.from({ length: 6 }, (_, index) => inbox.begin(entry(`run-${index}`))));
      const found = await inbox.look('ship-order', ['message-1']);
      equal(found.get('message-1')?.attempts.started, 6, 'runs that began at the same time were lost from the books');
    },
  },
  {
    name: 'attempts belong to one message of one consumer, and leave it open',
    requires: ['attempts'],
    async run({ inbox }, given) {
      await inbox.begin(entry('run-1'));
      equal((await inbox.begin(entry('run-2', { consumer: 'bill-order' }))).started, 1, 'two consumers share their attempts');
      equal((await inbox.begin(entry('run-3', { messageId: 'Message-1' }))).started, 1, 'two messages share their attempts');
      equal(await standingOf(inbox, runOf(given)), 'open', 'an attempt looks like a marker');
    },
  },
  {
    name: 'a message that was parked starts anew once its attempts are forgotten',
    requires: ['attempts'],
    async run({ inbox }) {
      await inbox.end(entry('run-1'), { begun: false, failure: failure('no stock'), history: [] });
      await inbox.forget('ship-order', 'message-1');
      await inbox.forget('ship-order', 'message-1');
      const found = await inbox.look('ship-order', ['message-1']);
      equal(
        charged(found.get('message-1')?.attempts ?? (await inbox.begin(entry('run-2')))),
        0,
        'a redriven message is charged for old attempts',
      );
    },
  },
];

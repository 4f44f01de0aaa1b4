import { deepEqual, equal, ok } from 'node:assert/strict';
import { createCommitter } from '../../unit-of-work/commit.ts';
import { commit, type InboxCase, refusalOf, runOf, runsOf, standingOf, unitOf } from './inbox-instance.ts';
import { declared } from './suite.ts';

const HOUR = 3_600_000;

/** The core of the port: marker and effect are one. */
export const markerCases: readonly InboxCase[] = [
  {
    name: 'a message that nobody has handled is open, without attempts',
    async run({ inbox }, given) {
      const run = runOf(given);
      const entry = (await inbox.look(run.consumer, [run.messageId])).get(run.messageId);
      equal(inbox.standing(entry?.marker, run).kind, 'open', 'an untouched message is not open');
      deepEqual(entry?.attempts, { started: 0, settled: 0, failed: 0, history: [] }, 'an untouched message has attempts');
    },
  },
  {
    name: 'the first run of a message commits its effect, and every later one is told that it is done',
    async run(instance, given) {
      const { inbox } = instance;
      equal((await commit(instance, given, { run: runOf(given) })).status, 'committed', 'the first run was refused');
      for (let delivery = 2; delivery <= 4; delivery += 1) {
        const run = runOf(given);
        equal(refusalOf(inbox, await commit(instance, given, { run }), run), 'done', `delivery ${delivery} was not told that it is done`);
      }
      equal(await runsOf(instance), 1, 'the effect of one message was not applied exactly once');
      equal(await standingOf(inbox, runOf(given)), 'done', 'a handled message does not look done');
    },
  },
  {
    name: 'of five runs of one message at the same time exactly one commits',
    async run(instance, given) {
      const outcomes = await Promise.all(Array.from({ length: 5 }, () => commit(instance, given, { run: runOf(given) })));
      const committed = outcomes.filter(({ status }) => status === 'committed').length;
      equal(committed, 1, `${committed} of five runs were told that they committed`);
      equal(await runsOf(instance), 1, 'runs at the same time did not apply the effect exactly once');
    },
  },
  {
    name: 'a unit that fails leaves no marker: the message is open, and its next run commits',
    async run(instance, given) {
      const failed = await commit(instance, given, { run: runOf(given), breaks: true });
      equal(failed.status, 'conditionFailed', 'a unit whose own condition fails was not told so');
      equal(await standingOf(instance.inbox, runOf(given)), 'open', 'a failed unit left a marker without its effect');
      equal((await commit(instance, given, { run: runOf(given) })).status, 'committed', 'the run after a failed one was refused');
    },
  },
  {
    name: 'a message of a known id that says something else is a mismatch, and writes nothing',
    async run(instance, given) {
      await commit(instance, given, { run: runOf(given) });
      const other = runOf(given, { fingerprint: 'said-that' });
      const refusal = refusalOf(instance.inbox, await commit(instance, given, { run: other }), other);
      equal(refusal, 'mismatch', 'other content under a handled id is no mismatch');
      equal(await standingOf(instance.inbox, other), 'mismatch', 'other content under a handled id does not look like a mismatch');
      equal(await runsOf(instance), 1, 'other content under a handled id was applied');
    },
  },
  {
    name: 'two consumers of one message both run',
    async run(instance, given) {
      for (const consumer of ['ship-order', 'bill-order']) {
        const outcome = await commit(instance, given, { run: runOf(given, { consumer }), effect: consumer });
        equal(outcome.status, 'committed', `${consumer} was kept from a message by another consumer`);
      }
    },
  },
  {
    name: 'ids of messages and names of consumers are compared case by case and character by character',
    async run(instance, given) {
      const ids = [
        'message-1',
        'Message-1',
        'message-1 ',
        'message#1',
        'message/1',
        '№ 1 🚚',
        'e\u0301',
        '\u00e9',
        '__proto__',
        'constructor',
      ];
      for (const messageId of ids) {
        const outcome = await commit(instance, given, { run: runOf(given, { messageId }) });
        equal(outcome.status, 'committed', `the id ${JSON.stringify(messageId)} was taken for another one`);
      }
      const found = await instance.inbox.look('ship-order', ids);
      for (const id of ids) ok(found.get(id)?.marker, `the marker of ${JSON.stringify(id)} is not found under its id`);
      const elsewhere = await commit(instance, given, { run: runOf(given, { consumer: 'Ship-order' }) });
      equal(elsewhere.status, 'committed', 'consumers whose names differ in case share a marker');
    },
  },
  {
    name: 'many messages are looked up at once, handled ones among others and some named twice',
    async run(instance, given) {
      const ids = Array.from({ length: 70 }, (_, index) => `message-${index}`);
      const handled = ids.filter((_, index) => index % 10 === 0);
      await Promise.all(handled.map((messageId) => commit(instance, given, { run: runOf(given, { messageId }) })));
      const found = await instance.inbox.look('ship-order', [...ids, ...handled]);
      const done = ids.filter(
        (messageId) => instance.inbox.standing(found.get(messageId)?.marker, runOf(given, { messageId })).kind === 'done',
      );
      deepEqual(done, handled, 'a look at many messages does not find the handled ones among them');
      equal((await instance.inbox.look('ship-order', [])).size, 0, 'a look at no message found one');
    },
  },
  {
    name: 'messages in one transaction are all handled, or none of them when one was handled before',
    async run(instance, given) {
      const committer = createCommitter({ client: instance.inbox.client, ...given });
      const request = (messageId: string) => {
        const run = runOf(given, { messageId });
        return { unit: unitOf(instance, given, { run }), guards: [instance.inbox.guard(run)], token: run.token };
      };
      equal(await committer.commitPack([request('a'), request('b')]), 'committed', 'two fresh messages did not commit together');
      equal(await committer.commitPack([request('c'), request('b')]), 'cancelled', 'a pack with a duplicate was not cancelled');
      equal(await runsOf(instance, 'b'), 1, 'a duplicate in a pack was applied again');
      equal(await standingOf(instance.inbox, runOf(given, { messageId: 'c' })), 'open', 'a cancelled pack left a marker');
    },
  },
  {
    name: 'a commit whose answer was lost is known as committed by its own run, and as done by every other',
    requires: ['lostAnswers'],
    async run(instance, given) {
      declared(instance.loseNextAnswer?.bind(instance), 'lostAnswers', 'loseNextAnswer')();
      equal((await commit(instance, given, { run: runOf(given) })).status, 'committed', 'a run did not recognise its own commit');
      const other = runOf(given);
      equal(
        refusalOf(instance.inbox, await commit(instance, given, { run: other }), other),
        'done',
        'a commit with a lost answer is not done',
      );
      equal(await runsOf(instance), 1, 'a lost answer made the effect happen again, or not at all');
    },
  },
  {
    name: 'a run that writes nothing but its marker recognises it when the answer was lost',
    requires: ['lostAnswers'],
    async run(instance, given) {
      declared(instance.loseNextAnswer?.bind(instance), 'lostAnswers', 'loseNextAnswer')();
      const run = runOf(given);
      equal((await commit(instance, given, { run, idle: true })).status, 'committed', 'a run took its own marker for that of another');
      const other = runOf(given);
      equal(
        refusalOf(instance.inbox, await commit(instance, given, { run: other, idle: true }), other),
        'done',
        'a marker was taken for that of a run that did not write it',
      );
    },
  },
  {
    name: 'what was handled stays handled when the process is started again',
    requires: ['restarts'],
    async run(instance, given) {
      await commit(instance, given, { run: runOf(given) });
      const inbox = await declared(instance.reopen?.bind(instance), 'restarts', 'reopen')();
      const outcome = await commit({ inbox, effects: instance.effects }, given, { run: runOf(given) });
      equal(refusalOf(inbox, outcome, runOf(given)), 'done', 'a restart forgot a handled message');
    },
  },
  {
    name: 'a marker holds to the end of its retention, and then it gives way whether it has been deleted or not',
    requires: ['virtualTime'],
    async run(instance, given) {
      const { inbox } = instance;
      await commit(instance, given, { run: runOf(given) });
      await given.wait(inbox.retentionMs - HOUR);
      equal(await standingOf(inbox, runOf(given)), 'done', 'a marker was gone before its retention was over');
      equal((await commit(instance, given, { run: runOf(given) })).status, 'guardFailed', 'a message ran again within the retention');
      await given.wait(HOUR + 2_000);
      equal(await standingOf(inbox, runOf(given)), 'open', 'a marker outlived its retention');
      equal((await commit(instance, given, { run: runOf(given) })).status, 'committed', 'an expired marker stands in the way');
    },
  },
];

import { equal, ok } from 'node:assert/strict';
import { commit, type InboxCase, refusalOf, runOf, runsOf, standingOf } from './inbox-instance.ts';
import { declared } from './suite.ts';

/** Long enough that no case outlasts it. */
const LONG_MS = 60_000;
/** Short enough to be waited for; no case depends on its being held meanwhile. */
const SHORT_MS = 300;

/** Handlers whose effects are elsewhere run under a lease. */
export const leaseCases: readonly InboxCase[] = [
  {
    name: 'the lease of an open message is taken, and says when it ends',
    requires: ['leases'],
    async run({ inbox }, given) {
      const before = given.clock.now();
      const claim = await inbox.claim(runOf(given), LONG_MS);
      ok(claim.kind === 'mine', `the lease of an open message was refused as ${claim.kind}`);
      ok(claim.until >= before + LONG_MS && claim.until <= given.clock.now() + LONG_MS, 'the lease does not end when it was asked to');
      equal(await standingOf(inbox, runOf(given)), 'running', 'a leased message does not look as if it were running');
    },
  },
  {
    name: 'of five claims at the same time exactly one gets the lease, and the others learn when it ends',
    requires: ['leases'],
    async run({ inbox }, given) {
      const claims = await Promise.all(Array.from({ length: 5 }, () => inbox.claim(runOf(given), LONG_MS)));
      const mine = claims.filter(({ kind }) => kind === 'mine');
      equal(mine.length, 1, `${mine.length} of five claims got the lease`);
      for (const claim of claims)
        ok(claim.kind === 'mine' || claim.kind === 'running', `a claim was told ${claim.kind} of a leased message`);
      const ends = new Set(claims.map((claim) => ('until' in claim ? claim.until : 0)));
      equal(ends.size, 1, 'the claims do not agree when the lease ends');
    },
  },
  {
    name: 'a lease that has run out is taken over, and the completion of its former owner is refused',
    requires: ['leases'],
    async run(instance, given) {
      const { inbox } = instance;
      const [slow, quick] = [runOf(given), runOf(given)];
      await inbox.claim(slow, SHORT_MS);
      await given.wait(SHORT_MS + 50);
      equal((await inbox.claim(quick, LONG_MS)).kind, 'mine', 'a lease that has run out was not taken over');
      const late = await commit(instance, given, { run: slow, guard: inbox.completion(slow) });
      equal(late.status, 'guardFailed', 'a run that lost its lease completed over the new owner');
      equal(
        (await commit(instance, given, { run: quick, guard: inbox.completion(quick) })).status,
        'committed',
        'the new owner could not complete',
      );
      equal(await runsOf(instance), 1, 'both owners of a lease applied their effect');
    },
  },
  {
    name: 'a run that lost its lease cannot complete over what the next one has completed',
    requires: ['leases'],
    async run(instance, given) {
      const { inbox } = instance;
      const [slow, quick] = [runOf(given), runOf(given)];
      await inbox.claim(slow, SHORT_MS);
      await given.wait(SHORT_MS + 50);
      await inbox.claim(quick, LONG_MS);
      await commit(instance, given, { run: quick, guard: inbox.completion(quick) });
      const late = await commit(instance, given, { run: slow, guard: inbox.completion(slow) });
      equal(refusalOf(inbox, late, slow), 'done', 'a late completion was not told that the message is done');
      await inbox.release(slow);
      equal(await standingOf(inbox, runOf(given)), 'done', 'the release of a lost lease undid what another run has done');
      equal(await runsOf(instance), 1, 'a late completion applied its effect again');
    },
  },
  {
    name: 'what its owner has completed is done for every later claim',
    requires: ['leases'],
    async run(instance, given) {
      const { inbox } = instance;
      const run = runOf(given);
      await inbox.claim(run, LONG_MS);
      equal(
        (await commit(instance, given, { run, guard: inbox.completion(run) })).status,
        'committed',
        'the owner of a lease could not complete',
      );
      equal((await inbox.claim(runOf(given), LONG_MS)).kind, 'done', 'a completed message could be claimed');
      equal(
        (await inbox.claim(runOf(given, { fingerprint: 'said-that' }), LONG_MS)).kind,
        'mismatch',
        'other content under a done id is no mismatch',
      );
    },
  },
  {
    name: 'what says something else under a leased id is told of the lease: content is compared with handled messages alone',
    requires: ['leases'],
    async run({ inbox }, given) {
      await inbox.claim(runOf(given), LONG_MS);
      const { kind } = await inbox.claim(runOf(given, { fingerprint: 'said-that' }), LONG_MS);
      equal(kind, 'running', 'an edited message was compared with one that is not done');
    },
  },
  {
    name: 'without a lease nothing is completed',
    requires: ['leases'],
    async run(instance, given) {
      const run = runOf(given);
      const outcome = await commit(instance, given, { run, guard: instance.inbox.completion(run) });
      equal(outcome.status, 'guardFailed', 'a run completed without ever having had the lease');
      equal(await runsOf(instance), 0, 'a run without a lease applied its effect');
    },
  },
  {
    name: 'a lease that is given back is free at once, and only its owner gives it back',
    requires: ['leases'],
    async run({ inbox }, given) {
      const owner = runOf(given);
      await inbox.claim(owner, LONG_MS);
      await inbox.release(runOf(given));
      equal((await inbox.claim(runOf(given), LONG_MS)).kind, 'running', 'a stranger gave the lease back');
      await inbox.release(owner);
      equal((await inbox.claim(runOf(given), LONG_MS)).kind, 'mine', 'a lease that was given back is not free');
    },
  },
  {
    name: 'a lease for no time at all has an end, and soon',
    requires: ['leases'],
    async run({ inbox }, given) {
      for (const ms of [0, -1]) {
        const messageId = `message-of-${ms}`;
        const before = given.clock.now();
        const claim = await inbox.claim(runOf(given, { messageId }), ms);
        ok(claim.kind === 'mine', `a lease of ${ms} ms was not given`);
        ok(claim.until > before, `a lease of ${ms} ms was over before it began`);
        await given.wait(50);
        equal((await inbox.claim(runOf(given, { messageId }), LONG_MS)).kind, 'mine', `a lease of ${ms} ms never ends`);
      }
    },
  },
  {
    name: 'a handler whose effect is its unit waits for a lease on its message, and not longer than the lease',
    requires: ['leases'],
    async run(instance, given) {
      const { inbox } = instance;
      const held = () => runOf(given, { messageId: 'held' });
      const ended = () => runOf(given, { messageId: 'ended' });
      await inbox.claim(held(), LONG_MS);
      const run = held();
      equal(refusalOf(inbox, await commit(instance, given, { run }), run), 'running', 'a unit committed in spite of a lease');
      await inbox.claim(ended(), SHORT_MS);
      await given.wait(SHORT_MS + 50);
      equal((await commit(instance, given, { run: ended() })).status, 'committed', 'a lease that has run out stands in the way');
    },
  },
  {
    name: 'leases of two consumers do not meet',
    requires: ['leases'],
    async run({ inbox }, given) {
      await inbox.claim(runOf(given), LONG_MS);
      const { kind } = await inbox.claim(runOf(given, { consumer: 'bill-order' }), LONG_MS);
      equal(kind, 'mine', 'a lease keeps another consumer from the message');
    },
  },
  {
    name: 'a claim whose answer was lost is known as its own',
    requires: ['leases', 'lostAnswers'],
    async run(instance, given) {
      declared(instance.loseNextAnswer?.bind(instance), 'lostAnswers', 'loseNextAnswer')();
      equal((await instance.inbox.claim(runOf(given), LONG_MS)).kind, 'mine', 'a run took its own lease for that of another');
    },
  },
  {
    name: 'a completion whose answer was lost is known as committed, and applied once',
    requires: ['leases', 'lostAnswers'],
    async run(instance, given) {
      const run = runOf(given);
      await instance.inbox.claim(run, LONG_MS);
      declared(instance.loseNextAnswer?.bind(instance), 'lostAnswers', 'loseNextAnswer')();
      const outcome = await commit(instance, given, { run, guard: instance.inbox.completion(run) });
      equal(outcome.status, 'committed', 'a run did not recognise its own completion');
      equal(await runsOf(instance), 1, 'a lost answer made the effect happen again, or not at all');
    },
  },
  {
    name: 'a lease outlives the process that holds it, and ends nevertheless',
    requires: ['leases', 'restarts'],
    async run(instance, given) {
      const held = () => runOf(given, { messageId: 'held' });
      const ended = () => runOf(given, { messageId: 'ended' });
      await instance.inbox.claim(held(), LONG_MS);
      await instance.inbox.claim(ended(), SHORT_MS);
      const inbox = await declared(instance.reopen?.bind(instance), 'restarts', 'reopen')();
      equal((await inbox.claim(held(), LONG_MS)).kind, 'running', 'a restart forgot a lease');
      await given.wait(SHORT_MS + 50);
      equal((await inbox.claim(ended(), LONG_MS)).kind, 'mine', 'the lease of a dead process never ends');
    },
  },
];

import { expect, test } from 'vitest';
import type { Failure } from '../../lib/dlq/failure.ts';
import { endingUnsent } from '../../lib/ops/redrive.ending.ts';
import { createRedriveInbox, type InboxStanding } from '../../lib/ops/redrive.inbox.ts';
import { redriveWorld, SHIP } from './redrive-world.ts';

const failure = (runAgainAfter?: string) => ({ id: 'f', reason: 'OUTCOME_UNKNOWN', ...(runAgainAfter && { runAgainAfter }) }) as Failure;
const standing = (kind: InboxStanding['kind'], run?: string): InboxStanding => ({ kind, failed: 0, ...(run !== undefined && { run }) });

test.each<[string, Failure, InboxStanding | undefined, string | undefined]>([
  ['nothing is known of', failure(), undefined, undefined],
  ['is open', failure(), standing('open'), undefined],
  ['is handled', failure(), standing('done'), 'alreadyDone'],
  ['was begun, without consent', failure(), standing('started', 'one'), 'MAY_HAVE_RUN'],
  ['was begun, with consent after that run', failure('one'), standing('started', 'one'), undefined],
  ['has been reopened since', failure('one'), standing('open'), undefined],
  ['has died in the run that consent was given for', failure('one'), standing('started', 'two'), 'sent'],
  ['is at the run that consent was given for', failure('one'), standing('running', 'two'), 'sent'],
  ['may still be running, by a clock that went back', failure('one'), standing('running', 'one'), 'MAY_HAVE_RUN'],
])('a message that %s ends as it should', (_, given, found, ends) => {
  const ending = endingUnsent(given, found);
  expect(ending?.kind === 'left' ? ending.reason : ending?.kind).toBe(ends);
});

test('a message runs again after the run that is meant, and after no other; not while that one may go on', async () => {
  const { world, mark, timed } = redriveWorld();
  const { clock, client } = world.process('operator');
  const inbox = createRedriveInbox({ client: client('dynamodb'), clock, rng: world.rng });
  for (const id of ['a', 'b', 'c']) mark(id, id === 'c' ? 'DONE' : 'STARTED', { leaseMs: id === 'b' ? 60_000 : -1 });
  const look = async () => [...(await timed(inbox.look(SHIP, ['a', 'b', 'c']))).values()].map(({ kind, run }) => [kind, run]);
  const reopen = (messageId: string, run: string) => timed(inbox.reopen(SHIP, { messageId, run }));
  expect(await look()).toEqual([
    ['started', 'run-1'],
    ['running', 'run-2'],
    ['done', undefined],
  ]);
  for (const [id, run] of [
    ['a', 'run-0'],
    ['b', 'run-2'],
    ['c', 'run-3'],
  ] as const)
    await reopen(id, run);
  expect((await look()).map(([kind]) => kind)).toEqual(['started', 'running', 'done']);
  await reopen('a', 'run-1');
  await reopen('a', 'run-1');
  expect((await look()).map(([kind]) => kind)).toEqual(['open', 'running', 'done']);
});

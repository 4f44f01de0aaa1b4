import { describe, expect, test } from 'vitest';
import { unsettled, violations } from '../../../lib/simulation/reference-checks.ts';
import {
  answer,
  begin,
  beginAgain,
  createReferenceModel,
  type Health,
  type ReferenceModel,
} from '../../../lib/simulation/reference-model.ts';
import type { Observed } from '../../../lib/simulation/reference-view.ts';

const SUBSCRIBERS = [
  { name: 'audit', ordered: false },
  { name: 'project', ordered: true },
];

function committed(model: ReferenceModel, id: string, { health = 'well' as Health, at = 0 } = {}) {
  const unit = begin(model, { messages: [{ id, key: 'ada', health }], request: id, begunAt: at });
  expect(answer(model, unit, { said: 'committed', at: at + 1 })).toEqual([]);
  return unit;
}

const published = (id: string, sequence: number) =>
  SUBSCRIBERS.map(({ name }) => ({
    id,
    topic: name,
    messageId: `id of ${id}`,
    body: `body of ${id}`,
    key: 'ada',
    sequence,
    reaches: [name],
  }));

/** A pipeline that has done everything with messages of one key, in this order. */
function finished(ids: readonly string[]): Observed {
  return {
    written: ids,
    publications: ids.flatMap((id, at) => published(id, at + 1)),
    parked: [],
    pending: 0,
    applied: new Map(SUBSCRIBERS.map(({ name }) => [name, ids])),
    queued: new Map(),
    letters: new Map(),
    order: new Map([['ada', ids.map((_, at) => at + 1)]]),
    replies: [],
  };
}

describe('the reference model', () => {
  test('agrees with a pipeline that applied each committed message once, in order', () => {
    const model = createReferenceModel(SUBSCRIBERS);
    committed(model, 'one');
    committed(model, 'two', { at: 5 });
    expect([violations(model, finished(['one', 'two'])), unsettled(model, finished(['one', 'two']))]).toEqual([[], []]);
  });

  test('sees a second effect, a lost message, an overtaken one, and one that nobody committed', () => {
    const model = createReferenceModel(SUBSCRIBERS);
    committed(model, 'one');
    committed(model, 'two', { at: 5 });
    const seen = finished(['one', 'two']);
    expect(violations(model, { ...seen, applied: new Map([['audit', ['one', 'one', 'two']]]) })).toEqual(['G3 audit applied one 2 times']);
    expect(unsettled(model, { ...seen, applied: new Map(seen.applied).set('audit', ['two']) })).toEqual([
      'G1 one is nowhere at audit, not done',
    ]);
    expect(violations(model, { ...seen, order: new Map([['ada', [2, 1]]]) })).toEqual(['G4 ada was applied as 2,1, not as 1,2']);
    expect(violations(model, finished(['two', 'one']))).toEqual(['G4 two came after one and has the smaller number']);
    expect(violations(model, { ...seen, applied: new Map([['audit', ['three']]]) })).toEqual([
      'G2 audit applied three, which is not committed for it',
    ]);
  });

  test('sees an aborted unit that was written, and a committed one of which a part is missing', () => {
    const model = createReferenceModel(SUBSCRIBERS);
    const unit = begin(model, { messages: [{ id: 'one', key: undefined, health: 'well' }], request: 'one', begunAt: 0 });
    answer(model, unit, { said: 'refused', at: 1 });
    expect(violations(model, { ...finished([]), written: ['one'] })).toContain('G2 one was aborted and is written');
    committed(model, 'two');
    expect(violations(model, finished([]))).toEqual(['G1 0 of 1 items of two are written']);
  });

  test('lets a message that fails hold its key where there is an order, and be given up where there is none', () => {
    const model = createReferenceModel(SUBSCRIBERS);
    committed(model, 'one', { health: 'failing' });
    committed(model, 'two', { at: 5 });
    const letter = { body: 'body of one', id: 'one', reason: 'ATTEMPTS_EXHAUSTED' };
    const held: Observed = {
      ...finished(['one', 'two']),
      applied: new Map([['audit', ['two']]]),
      letters: new Map([['audit', [letter]]]),
      queued: new Map([['project', ['one', 'two']]]),
      order: new Map(),
    };
    expect([violations(model, held), unsettled(model, held)]).toEqual([[], []]);
    const left = { ...held, letters: new Map([['project', [letter]]]) };
    expect(violations(model, left)).toEqual(['G13 project gave up one, which it has to keep']);
    expect(unsettled(model, left)).toEqual(['G1 one is nowhere at audit, not dead', 'G1 one is dead at project, not queued']);
    expect(violations(model, { ...held, letters: new Map([['audit', [{ ...letter, body: 'else' }]]]) })).toEqual([
      'G5 audit gave up one with another body',
    ]);
  });

  test('knows which answers to a repeated request are true', () => {
    const model = createReferenceModel(SUBSCRIBERS);
    const unit = committed(model, 'one');
    beginAgain(unit);
    expect(answer(model, unit, { said: 'duplicate', at: 2 })).toEqual([]);
    expect(answer(model, unit, { said: 'committed', at: 3 })).toEqual(['G3 one was committed twice']);
    const other = begin(model, { messages: [{ id: 'two', key: undefined, health: 'well' }], request: 'one', begunAt: 4 });
    expect(answer(model, other, { said: 'reused', at: 5 })).toEqual([]);
    beginAgain(other);
    expect(answer(model, other, { said: 'committed', at: 6 })).toEqual(['G3 two units are committed under one']);
    const lonely = begin(model, { messages: [], request: 'lonely', begunAt: 7 });
    expect(answer(model, lonely, { said: 'reused', at: 8 })).toHaveLength(1);
  });

  test('leaves open whether a unit exists whose caller was never told, until it is asked for again', () => {
    const model = createReferenceModel(SUBSCRIBERS);
    const unit = begin(model, { messages: [{ id: 'one', key: 'ada', health: 'well' }], request: 'one', begunAt: 0 });
    for (const seen of [finished([]), finished(['one'])]) expect([violations(model, seen), unsettled(model, seen)]).toEqual([[], []]);
    beginAgain(unit);
    expect(answer(model, unit, { said: 'duplicate', at: 9 })).toEqual([]);
    expect(violations(model, finished([]))).toEqual(['G1 0 of 1 items of one are written']);
  });
});

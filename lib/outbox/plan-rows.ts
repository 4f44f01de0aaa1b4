import type { OutgoingMessage } from '../message/message.ts';
import type { CollectedUnit, OutgoingPlan, Table, Write } from '../unit-of-work/unit-of-work.ts';
import { OUTBOX_ATTRIBUTES } from './outbox.contract.ts';
import { headKey, messageKey, toItem } from './row.ts';

const NEW = { expression: 'attribute_not_exists(#pk)', names: { '#pk': OUTBOX_ATTRIBUTES.pk } } as const;

/** What a plan is made from. */
export interface RowSources {
  readonly units: readonly Pick<CollectedUnit, 'unitId' | 'messages'>[];
  readonly table: Table;
  /** The last sequence number given on each ordering key; absent for a key without a head. */
  readonly heads: ReadonlyMap<string, number>;
}

/**
 * The writes that store messages: a row for each, and for each ordering key its head, moved from the number that was read to the last
 * one given here. Whoever commits on the key in between makes the head's condition fail, so numbers have no gaps and no doubles. Pure.
 */
export function planRows({ units, table, heads }: RowSources): OutgoingPlan {
  const given = new Map<string, number>();
  const contended = new Set<Write>();
  const rows: Write[] = [];
  for (const { unitId, messages } of units) {
    for (const [index, message] of messages.entries()) {
      const numbered =
        message.key === undefined ? message : { ...message, sequence: (given.get(message.key) ?? heads.get(message.key) ?? 0) + 1 };
      const first = message.key === undefined ? undefined : (heads.get(message.key) ?? 0) + 1;
      const row = putRow(table, numbered, { unitId, index, first });
      rows.push(row);
      if (numbered.key === undefined || numbered.sequence === undefined) continue;
      given.set(numbered.key, numbered.sequence);
      contended.add(row);
    }
  }
  const moves = [...given].map(([key, sequence]) => moveHead(table, key, { from: heads.get(key), to: sequence }));
  for (const move of moves) contended.add(move);
  return { writes: [...moves, ...rows], isHead: (write) => contended.has(write) };
}

interface Place {
  readonly unitId: string;
  readonly index: number;
  /** The first number given on the message's key here. */
  readonly first: number | undefined;
}

function putRow(table: Table, message: OutgoingMessage, place: Place): Write {
  return { kind: 'put', table, item: toItem(message, messageKey(message, place), place.first), condition: NEW };
}

function moveHead(table: Table, key: string, { from, to }: { readonly from: number | undefined; readonly to: number }): Write {
  const names = { '#seq': OUTBOX_ATTRIBUTES.seq };
  const update = { expression: 'SET #seq = :to', names, values: { ':to': to } };
  const condition = from === undefined ? NEW : { expression: '#seq = :from', names, values: { ':from': from } };
  return { kind: 'update', table, key: { ...headKey(key) }, update, condition };
}

import { countHops } from '../counts/hops.ts';
import type { Hop } from '../counts/ledger.ts';
import { callsOf, livesOf } from '../counts/lives.ts';
import type { Suite } from '../report.ts';

/** AWS calls and DynamoDB units per message at each hop: exact, not timed. */
export const counts: Suite = {
  name: 'counts',
  async run() {
    const hops = await countHops();
    return {
      suite: 'counts',
      title: 'AWS calls and DynamoDB units per message',
      method:
        'The runtime on the embedded engines, in process; every call is counted, and the units are those of the answers’ `ConsumedCapacity`, indexes included (an index entry that a transaction writes counts double here, like its item; AWS documents the doubling for items). An order whose envelope has 886 bytes, one business write in each unit of work. What fails, fails with a stack of two lines; its failure is an item of its own, and its redrive an audit. A transaction that is refused reports no units (AWS charges for it all the same). Pollers are not included: Lambda pays for reading streams, and for a queue receives and deletes up to ten messages a call. The figures are exact, and `test/bench/counts.test.ts` asserts them.',
      tables: [
        {
          caption: 'Per message:',
          columns: ['hop', 'messages', 'AWS calls', 'write units', 'read units', 'calls of the whole batch'],
          rows: hops.map(rowOf),
        },
        {
          caption: 'What becomes of a message that fails, in all:',
          columns: ['message', 'AWS calls', 'write units', 'read units'],
          rows: livesOf(hops).map(({ life, calls, writeUnits, readUnits }) => [
            life,
            rounded(calls),
            rounded(writeUnits),
            rounded(readUnits),
          ]),
        },
      ],
      targets: [],
    };
  },
};

function rowOf({ hop, messages, calls, writeUnits, readUnits }: Hop): readonly (string | number)[] {
  const listed = Object.entries(calls).map(([name, count]) => `${count} ${name.slice(name.indexOf(':') + 1)}`);
  return [
    hop,
    messages,
    rounded(callsOf(calls) / messages),
    rounded(writeUnits / messages),
    rounded(readUnits / messages),
    listed.join(', '),
  ];
}

function rounded(value: number): number {
  return Number(value.toFixed(2));
}

import { countHops, type Hop } from '../counts/hops.ts';
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
        'The runtime on the embedded engines, in process; every call is counted, and the units are those of the answers’ `ConsumedCapacity`, indexes included (an index entry that a transaction writes counts double here, like its item; AWS documents the doubling for items). An order whose envelope has 886 bytes, one business write in each unit of work. A transaction that is refused reports no units (AWS charges for it all the same). Pollers are not included: Lambda pays for reading streams, and for a queue receives and deletes up to ten messages a call. The figures are exact, and `test/bench/counts.test.ts` asserts them.',
      tables: [
        {
          caption: 'Per message:',
          columns: ['hop', 'messages', 'AWS calls', 'write units', 'read units', 'calls of the whole batch'],
          rows: hops.map(rowOf),
        },
      ],
      targets: [],
    };
  },
};

function rowOf({ hop, messages, calls, writeUnits, readUnits }: Hop): readonly (string | number)[] {
  const total = Object.values(calls).reduce((sum, count) => sum + count, 0);
  const listed = Object.entries(calls).map(([name, count]) => `${count} ${name.slice(name.indexOf(':') + 1)}`);
  return [hop, messages, total / messages, writeUnits / messages, readUnits / messages, listed.join(', ')];
}

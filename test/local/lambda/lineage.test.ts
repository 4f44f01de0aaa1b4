import { expect, test } from 'vitest';
import { lineageOf, longestChain, runsOf, withRun } from '../../../lib/local/lambda/lineage.ts';

const arn = (name: string) => `arn:aws:lambda:us-east-1:000000000000:function:${name}`;
const after = (...names: readonly string[]) =>
  names.reduce<string>((header, name) => `Root=1-5759e988-bd862e3fe1be46a994272793;${withRun(lineageOf(header), arn(name))}`, '');

test('a chain counts the runs of each function, whatever its version', () => {
  const lineage = lineageOf(after('a', 'b', 'a', 'a:live', 'a:3'));
  expect([runsOf(lineage, arn('a')), runsOf(lineage, arn('a:$LATEST')), runsOf(lineage, arn('b')), runsOf(lineage, arn('c'))]).toEqual([
    4, 4, 1, 0,
  ]);
});

test.each([undefined, '', 'Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1', 'Lineage=', 'Lineage=nonsense', 'Lineage=a87bd80c:x|:4'])(
  'a header without a lineage that is understood begins a chain: %s',
  (header) => expect(lineageOf(header).size).toBe(0),
);

test('of the messages of a batch the one counts that has come through the function most often', () => {
  const long = after('a', 'a');
  expect(longestChain([undefined, after('a'), long, after('b', 'b', 'b')], arn('a'))).toBe(long);
  expect(longestChain([], arn('a'))).toBeUndefined();
});

/** What differs from run to run: ids, which later commands name, and all that only has to look like what is shown. */
const ID = /\d{8}T\d{9}Z-[0-9a-f]{8}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\b[0-9a-f]{10,64}\b|shop-outboxTable\w+-\w+/g;
const ANY: readonly (readonly [RegExp, string])[] = [
  [/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME'],
  [/\d+[smhd] ago/g, 'SPAN ago'],
  [/\d+ ms/g, 'MS'],
  [/\d+ resources/g, 'RESOURCES'],
  [/127\.0\.0\.1:\d+/g, 'ENDPOINT'],
  [/local:\S+/g, 'WHO'],
  // A canary is seen to fail at its first attempt or at its last one, and any of a batch may be the first.
  [/failed again(: .+| and is being retried)$/g, 'FAILED AGAIN'],
  [/\(\S+\/ship-order\.ts/g, '(FILE'],
  [/"order": "[^"]+"/g, '"order": ORDER'],
  // Columns are as wide as what is in them.
  [/\s+/g, ' '],
];

/** The names under which a page speaks of the ids of a run. */
export type Names = Map<string, string>;

/** A line without what differs from run to run. */
const shapeOf = (line: string): string =>
  [[ID, 'ID'] as const, ...ANY].reduce((text, [pattern, name]) => text.replace(pattern, name), line).trim();

const idsOf = (line: string): readonly string[] => line.match(ID) ?? [];

/** Frames of the library and of Node.js: how many there are, and of which lines, is nobody's business. */
const isForeignFrame = (line: string): boolean => /^\s+at /.test(line) && !line.includes('ship-order.ts');

const linesOf = (text: string): readonly string[] =>
  text
    .trimEnd()
    .split('\n')
    .filter((line) => !isForeignFrame(line));

/**
 * Whether a program printed what the page shows, but for what differs from run to run. The page's names of the ids in lines of one shape are
 * known from then on.
 */
export function matches(shown: string, printed: string, names: Names): boolean {
  const rest = [...linesOf(printed)];
  const pairs = linesOf(shown).map((line) => {
    // Failures of one millisecond stand in no order.
    const place = rest.findIndex((other) => shapeOf(other) === shapeOf(line));
    return [line, place < 0 ? undefined : rest.splice(place, 1)[0]] as const;
  });
  for (const [line, other = ''] of pairs) {
    const actual = idsOf(other);
    for (const [place, id] of idsOf(line).entries()) if (!names.has(id)) names.set(id, actual[place] ?? id);
  }
  return rest.length === 0 && pairs.every(([, other]) => other !== undefined);
}

/** A command of the page with the ids of this run, where it has ids of the page or beginnings of them. */
export function withIdsOf(names: Names, command: string): string {
  return command.replace(/\b[0-9a-f]{4,}\b|shop-outboxTable\w+-\w+/g, (word) => {
    const name = [...names.keys()].find((each) => each.startsWith(word));
    return name === undefined ? word : (names.get(name) ?? word).slice(0, word.length < name.length ? word.length : undefined);
  });
}

/** What a run printed, in the page's names of the ids that are known. */
export function inNamesOf(names: Names, printed: string): string {
  let text = printed;
  for (const [name, id] of names) text = text.replaceAll(id, name);
  return text;
}

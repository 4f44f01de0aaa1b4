import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { GUARANTEES, OPEN_SCENARIOS, SCENARIOS } from '../../scenarios/catalogue.ts';
import { MUTANTS } from '../../scenarios/mutants.ts';

const TESTS = join(import.meta.dirname, '../../scenarios');

/** The measured part of the page begins here; everything before follows from the code. */
export const FIGURES_HEADING = '## Figures of the last run';

/** What each scenario's and promise's test says, by its number: the first words of its name. */
export function testTitles(): ReadonlyMap<string, readonly string[]> {
  const titles = new Map<string, string[]>();
  for (const name of readdirSync(TESTS)
    .filter((file) => file.endsWith('.test.ts'))
    .sort()) {
    for (const [, id = '', title = ''] of readFileSync(join(TESTS, name), 'utf8').matchAll(/test\('([SG]\d+) ([^']+)'/g)) {
      titles.set(id, [...(titles.get(id) ?? []), title]);
    }
  }
  return titles;
}

/** The page up to its figures. */
export function guaranteesPage(): string {
  const titles = testTitles();
  const defects = (id: string) => MUTANTS.filter(({ scenario }) => scenario === id).map(({ defect }) => defect);
  const promises = GUARANTEES.flatMap(({ id, promise, notPromised, mechanism }) => [
    `### ${id} ${promise}`,
    '',
    `- **By:** ${mechanism}`,
    `- **Not promised:** ${notPromised}`,
    `- **Scenarios:** ${
      SCENARIOS.filter(({ guarantees }) => guarantees.includes(id))
        .map((one) => one.id)
        .join(', ') || '–'
    }`,
    ...(titles.get(id) ?? []).map((title) => `- **Test:** ${title}`),
    ...defects(id).map((defect) => `- **Mutant:** ${defect}`),
    '',
  ]);
  const scenarios = SCENARIOS.flatMap(({ id, guarantees, happens, mechanism }) => [
    `| ${id} | ${guarantees.join(' ')} | ${happens} | ${mechanism} | ${(titles.get(id) ?? []).join('; ')} | ${defects(id).join('; ')} |`,
  ]);
  return [
    '# What is promised, and how it is proven',
    '',
    'Written by `npm run simulate -- --write-docs` from the scenarios, their tests and their mutants. Each promise is an invariant that a',
    'checker decides from the history of a run and the state at its end. Runs are of the shipped code, on the engines of the embedded AWS',
    'under virtual time, with the settings that the constructs render; a seed decides what goes wrong.',
    '',
    '- `npm run simulate -- --seeds 1000` searches a thousand seeds; `--sweep 1` puts every fault at every call, `--sweep 2` every pair.',
    '- `npm run mutants` plants one defect at a time in the shipped code and expects the test of its scenario to fail.',
    '- `npm test -- test/scenarios -t "S8 "` runs one scenario.',
    '- `npm test -- test/wire` runs scenarios with real clients over a proxy that breaks connections.',
    '',
    '## Promises',
    '',
    ...promises,
    '## Scenarios',
    '',
    '| | for | what happens | what stands against it | its test says | its mutant, which the test kills |',
    '| --- | --- | --- | --- | --- | --- |',
    ...scenarios,
    '',
    `Not shown, because their parts do not exist yet: ${OPEN_SCENARIOS}.`,
    '',
  ].join('\n');
}

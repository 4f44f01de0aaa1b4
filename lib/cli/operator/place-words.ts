import { DEFAULT_PORT } from '../arguments.ts';
import type { Program } from '../program.ts';
import type { Place } from './place.ts';

/**
 * Writes commands out as they can be pasted: with the program in front and, behind, the options of the place that this one works on.
 *
 * @example
 * createCommandWriter({ kind: 'local', endpoint: 'http://127.0.0.1:4567', stack: undefined }, 'npx posthaste')('dlq list');
 * // => 'npx posthaste dlq list --port 4567'
 */
export function createCommandWriter(place: Place, program: Program): (command: string) => string {
  const words = wordsOf(place).map(shellWord);
  return (command) => [program, command, ...words].join(' ');
}

function wordsOf(place: Place): readonly string[] {
  const { kind, stack } = place;
  const named = stack === undefined ? [] : ['--stack', stack];
  if (kind === 'local') {
    const { port } = new URL(place.endpoint);
    return [...named, ...(port === String(DEFAULT_PORT) ? [] : ['--port', port])];
  }
  const { region, profile } = place;
  return [
    '--aws',
    ...named,
    ...(region === undefined ? [] : ['--region', region]),
    ...(profile === undefined ? [] : ['--profile', profile]),
  ];
}

/** A word as a POSIX shell takes it. */
export const shellWord = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`);

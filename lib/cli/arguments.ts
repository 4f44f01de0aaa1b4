import { type ParseArgsConfig, parseArgs } from 'node:util';
import { PosthasteError } from '../core/errors.ts';
import { nearest } from './nearest.ts';

/** An argument that the command does not know or cannot use. */
export class ArgumentError extends PosthasteError {
  constructor(message: string) {
    super(`${message}; see --help`, { code: 'ARGUMENT_INVALID' });
  }
}

/** Where the embedded AWS listens unless told otherwise: the port that local AWS emulators share by habit. */
export const DEFAULT_PORT = 4566;

/** The options of a command that takes nothing else. */
export function parseOptions<Options extends NonNullable<ParseArgsConfig['options']>>(argv: readonly string[], options: Options) {
  return parseLine(argv, options, false).values;
}

/** The options of a command and the words beside them. */
export function parseWords<Options extends NonNullable<ParseArgsConfig['options']>>(argv: readonly string[], options: Options) {
  const { values, positionals } = parseLine(argv, options, true);
  return { values, words: positionals };
}

function parseLine<Options extends NonNullable<ParseArgsConfig['options']>>(argv: readonly string[], options: Options, words: boolean) {
  try {
    return parseArgs({ args: [...argv], allowNegative: true, allowPositionals: words, options });
  } catch (error) {
    const unknown = unknownOption(argv, options);
    if (unknown !== undefined) throw unknown;
    throw new ArgumentError(error instanceof Error ? error.message : String(error));
  }
}

function unknownOption(argv: readonly string[], options: NonNullable<ParseArgsConfig['options']>): ArgumentError | undefined {
  const names = Object.entries(options).flatMap(([name, { type }]) => (type === 'boolean' ? [name, `no-${name}`] : [name]));
  const { tokens } = parseArgs({ args: [...argv], strict: false, allowPositionals: true, options, tokens: true });
  const shorts = Object.values(options).map(({ short }) => short);
  const unknown = tokens.find((token) => token.kind === 'option' && ![...names, ...shorts].includes(token.name));
  if (unknown?.kind !== 'option') return undefined;
  const meant = nearest(unknown.name, names);
  return new ArgumentError(`there is no option ${unknown.rawName}${meant === undefined ? '' : ` (did you mean --${meant}?)`}`);
}

/** A number of the command line that must be whole and in a range. */
export function wholeNumber(option: string, given: string, { min, max }: { readonly min: number; readonly max: number }): number {
  const value = Number(given);
  if (!/^\d+$/.test(given) || value < min || value > max) {
    throw new ArgumentError(`${option} takes a whole number from ${min} to ${max}, not ${JSON.stringify(given)}`);
  }
  return value;
}

/** The port of `--port`. */
export function portOf(given: string | undefined): number {
  return given === undefined ? DEFAULT_PORT : wholeNumber('--port', given, { min: 0, max: 65_535 });
}

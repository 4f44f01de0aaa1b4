import { parseArgs } from 'node:util';
import { PosthasteError } from '../core/errors.ts';

/** An argument that the command does not know or cannot use. */
export class ArgumentError extends PosthasteError {
  constructor(message: string) {
    super(`${message}; see --help`, { code: 'ARGUMENT_INVALID' });
  }
}

/** What `posthaste dev` was asked to do. */
export interface DevArguments {
  readonly help: boolean;
  /** Exit after the report instead of staying up. */
  readonly once: boolean;
  readonly json: boolean;
  readonly demo: boolean;
  /** Deploy the synthesized stack; without it the endpoint is as empty as a new account, for `cdk deploy`. */
  readonly deploy: boolean;
  readonly chaos: boolean;
  readonly input: string | undefined;
  readonly port: number;
  readonly rate: number | undefined;
  /** The seed of chaos, so that a run can be repeated as far as real time allows. */
  readonly seed: number;
}

/** Where the embedded AWS listens unless told otherwise: the port that local AWS emulators share by habit. */
export const DEFAULT_PORT = 4566;

/** Reads the arguments of `posthaste dev`; throws `ArgumentError` with a sentence for what cannot be used. */
export function parseDevArguments(argv: readonly string[]): DevArguments {
  const values = parse(argv);
  return {
    help: values.help ?? false,
    once: values.once ?? false,
    json: values.json ?? false,
    demo: (values.demo ?? true) && (values.deploy ?? true),
    deploy: values.deploy ?? true,
    chaos: values.chaos ?? false,
    input: values.input,
    port: values.port === undefined ? DEFAULT_PORT : wholeNumber('--port', values.port, { min: 0, max: 65_535 }),
    rate: values.rate === undefined ? undefined : wholeNumber('--rate', values.rate, { min: 1, max: 100_000 }),
    seed: values.seed === undefined ? 1 : wholeNumber('--seed', values.seed, { min: 0, max: 0xffff_ffff }),
  };
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      allowNegative: true,
      options: {
        help: { type: 'boolean', short: 'h' },
        once: { type: 'boolean' },
        json: { type: 'boolean' },
        demo: { type: 'boolean' },
        deploy: { type: 'boolean' },
        chaos: { type: 'boolean' },
        input: { type: 'string' },
        port: { type: 'string' },
        rate: { type: 'string' },
        seed: { type: 'string' },
      },
    }).values;
  } catch (error) {
    throw new ArgumentError(error instanceof Error ? error.message : String(error));
  }
}

function wholeNumber(option: string, given: string, { min, max }: { min: number; max: number }): number {
  const value = Number(given);
  if (!/^\d+$/.test(given) || value < min || value > max) {
    throw new ArgumentError(`${option} takes a whole number from ${min} to ${max}, not ${JSON.stringify(given)}`);
  }
  return value;
}

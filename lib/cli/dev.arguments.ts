import { parseOptions, portOf, wholeNumber } from './arguments.ts';

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
  /** Functions log at DEBUG, unless they say otherwise. */
  readonly debug: boolean;
  /** The seed of chaos, so that a run can be repeated as far as real time allows. */
  readonly seed: number;
}

/** What `posthaste demo` was asked to do. */
export type DemoArguments = Pick<DevArguments, 'help' | 'json' | 'input' | 'port' | 'rate'>;

const DEMO_OPTIONS = {
  help: { type: 'boolean', short: 'h' },
  json: { type: 'boolean' },
  input: { type: 'string' },
  port: { type: 'string' },
  rate: { type: 'string' },
} as const;

const DEV_OPTIONS = {
  ...DEMO_OPTIONS,
  once: { type: 'boolean' },
  demo: { type: 'boolean' },
  deploy: { type: 'boolean' },
  chaos: { type: 'boolean' },
  seed: { type: 'string' },
  debug: { type: 'boolean' },
} as const;

/** Reads the arguments of `posthaste demo`; throws `ArgumentError` with a sentence for what cannot be used. */
export function parseDemoArguments(argv: readonly string[]): DemoArguments {
  return demoValues(parseOptions(argv, DEMO_OPTIONS));
}

/** Reads the arguments of `posthaste dev`; throws `ArgumentError` with a sentence for what cannot be used. */
export function parseDevArguments(argv: readonly string[]): DevArguments {
  const values = parseOptions(argv, DEV_OPTIONS);
  return {
    ...demoValues(values),
    once: values.once ?? false,
    demo: (values.demo ?? true) && (values.deploy ?? true),
    deploy: values.deploy ?? true,
    chaos: values.chaos ?? false,
    debug: values.debug ?? false,
    seed: values.seed === undefined ? 1 : wholeNumber('--seed', values.seed, { min: 0, max: 0xffff_ffff }),
  };
}

interface DemoValues {
  readonly help?: boolean | undefined;
  readonly json?: boolean | undefined;
  readonly input?: string | undefined;
  readonly port?: string | undefined;
  readonly rate?: string | undefined;
}

function demoValues({ help = false, json = false, input, port, rate }: DemoValues): DemoArguments {
  return {
    help,
    json,
    input,
    port: portOf(port),
    rate: rate === undefined ? undefined : wholeNumber('--rate', rate, { min: 1, max: 100_000 }),
  };
}

import { DEFAULT_PORT } from './arguments.ts';

/** What help depends on: the command of the package works on anybody's CDK app, the one of this repository also has a demo. */
export interface HelpOptions {
  readonly demo: boolean;
}

/** Lines of one command's help, aligned. */
const options = (rows: readonly (readonly [string, string])[]): string =>
  rows.map(([name, text]) => `  ${name.padEnd(17)}${text}`).join('\n');

const DEMO_OPTIONS = [
  ['--input PATH', 'webhook payloads of your own: a folder of <event>[.anything].json, or JSON lines {"event": "push", "payload": {…}}'],
  ['--rate N', 'deliveries per second (default: as fast as answers come)'],
  ['--json', 'one JSON document instead of text'],
] as const;

/** Text of `posthaste --help`. */
export function mainHelp({ demo }: HelpOptions): string {
  const commands = [
    ['dev', 'run the synthesized stack of cdk.json on an embedded AWS'],
    ...(demo ? ([['demo', 'run the demo on an endpoint that is up, and print the same report']] as const) : []),
    ['status', 'how a deployed stack stands: queues, outboxes, failures by group, redrives'],
    ['dlq', 'look at its dead letters, and decide about them'],
    ['redrive', 'send them back: as a plan, then a few, then the rest'],
    ['tail', 'messages and what becomes of them, live'],
  ] as const;
  const example = demo ? 'npm run posthaste -- dev --port 0 --no-demo' : 'npx posthaste dev --port 0';
  return `posthaste: the command line; posthaste <command> --help tells more; --version.\n\n${options(commands)}\n\n  Example: ${example}\n`;
}

/** Text of `posthaste dev --help`. */
export function devHelp({ demo }: HelpOptions): string {
  const rows = [
    [
      '--once',
      demo
        ? 'run the demo, print the report, exit: 0 if every guarantee held, 1 if not, 2 if nothing was accepted'
        : 'deploy and exit, 0 if it succeeded',
    ],
    ...(demo
      ? ([
          ...DEMO_OPTIONS,
          [
            '--chaos',
            'kill workers, deliver twice, throttle, drop answers, overload; the same verdict must hold (exit 2 if chaos hit under 5 %)',
          ],
          ['--seed N', 'what chaos draws from (default 1)'],
          ['--no-demo', 'deploy only, and stay up'],
        ] as const)
      : []),
    ['--no-deploy', 'stay up with nothing deployed, for the real CLI: npx cdk deploy'],
    ['--debug', 'functions log at DEBUG: posthaste tail then has a line for every message'],
    ['--port N', `port on 127.0.0.1 (default ${DEFAULT_PORT}; 0 takes a free one)`],
    ['--help', 'this text'],
  ] as const;
  const usage = demo ? 'npm start -- [options]' : 'npx posthaste dev [options]';
  const example = demo ? 'npm start -- --once --chaos --json' : 'npx posthaste dev --port 0';
  const title = 'posthaste dev: runs the synthesized stack on an embedded AWS, on this machine, with no account.';
  return `${title}\n\n  ${usage}\n\n${options(rows)}\n\n  Example: ${example}\n`;
}

/** Text of `posthaste demo --help`. */
export function demoHelp(): string {
  const rows = [['--port N', `where npm start listens on 127.0.0.1 (default ${DEFAULT_PORT})`], ...DEMO_OPTIONS] as const;
  const title = 'posthaste demo: runs the demo on an endpoint that is up, however its stack got there, and prints the same report.';
  const example = 'npm start -- --no-deploy, in another terminal npx cdk deploy, then npm run posthaste -- demo';
  return `${title}\n\n  npm run posthaste -- demo [options]\n\n${options(rows)}\n\n  Example: ${example}\n`;
}

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** A process of this benchmark. */
export interface Child {
  /** Sends a request and waits for its one answer. */
  ask<Answer>(request: object): Promise<Answer>;
  /** Waits for what it says of its own accord, e.g. that it is ready. */
  said<Message>(): Promise<Message>;
  end(): void;
}

/** How a child is started. */
export interface ChildOptions {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Throws its standard error away too, where that is full of warnings that the benchmark asks for. */
  readonly quiet?: boolean;
}

/** Starts a module in a process of its own. Its standard output is thrown away: a Lambda function's log would go over a pipe as well. */
export function startChild(module: URL, { args = [], env = {}, quiet = false }: ChildOptions = {}): Child {
  const child = fork(fileURLToPath(module), [...args], {
    env: { ...process.env, ...env },
    execArgv: ['--expose-gc', '--no-warnings'],
    stdio: ['ignore', 'ignore', quiet ? 'ignore' : 'inherit', 'ipc'],
  });
  const said = () => answerOf(child);
  return {
    async ask<Answer>(request: object) {
      const answer = said();
      child.send(request);
      return (await answer) as Answer;
    },
    said: <Message>() => said() as Promise<Message>,
    end: () => {
      if (child.connected) child.disconnect();
      child.kill('SIGKILL');
    },
  };
}

/** The environment of a child whose AWS SDK is to find AWS on a port of this machine. */
export const awsOn = (port: number): Readonly<Record<string, string>> => ({
  AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'bench',
  AWS_SECRET_ACCESS_KEY: 'bench',
  POWERTOOLS_SERVICE_NAME: 'bench',
});

async function answerOf(child: ChildProcess): Promise<unknown> {
  const ended = new AbortController();
  const exit = once(child, 'exit', { signal: ended.signal }).then(([code]) => {
    throw new Error(`a process of the benchmark ended with ${code}`);
  });
  exit.catch(() => {});
  try {
    const message = once(child, 'message', { signal: ended.signal }).then(([first]) => first as unknown);
    message.catch(() => {});
    return await Promise.race([message, exit]);
  } finally {
    ended.abort();
  }
}

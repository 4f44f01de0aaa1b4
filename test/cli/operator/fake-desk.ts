import type { Desk } from '../../../lib/cli/operator/desk.ts';
import type { Operations } from '../../../lib/cli/operator/operations-client.ts';
import { createCommandWriter } from '../../../lib/cli/operator/place-words.ts';
import { createTerminal, type Terminal } from '../../../lib/cli/terminal.ts';
import { PosthasteError } from '../../../lib/core/errors.ts';
import { createRng } from '../../../lib/core/rng.ts';
import type { Failure, FailureGroup } from '../../../lib/dlq/failure.ts';
import type { Answers, OperationRequest } from '../../../lib/ops/operations.ts';
import { createVirtualClock, type VirtualClock } from '../../../lib/simulation/virtual-clock.ts';

/** Answers by operation: a value, or a function of the request. */
export type Script = {
  readonly [Name in keyof Answers]?: Answers[Name] | ((request: Extract<OperationRequest, { operation: Name }>) => Answers[Name]);
};

interface FakeDesk extends Desk {
  readonly clock: VirtualClock;
  /** What was asked of the function, in order. */
  readonly asked: OperationRequest[];
  /** Lines on standard output, and on standard error. */
  readonly printed: string[];
  readonly told: string[];
  /** Presses Ctrl-C. */
  interrupt(): void;
}

interface Person {
  /** What is said to a question, or to each; undefined where there is no terminal. */
  readonly says?: boolean | ((question: string) => boolean) | undefined;
  /** What the editor makes of a text; undefined where there is none. */
  readonly edits?: (text: string) => string;
}

/** A desk whose function answers from a script and whose person answers every question. */
export function fakeDesk(script: Script, { says, edits }: Person = {}): FakeDesk {
  const [asked, printed, told] = [[] as OperationRequest[], [] as string[], [] as string[]];
  const stop = new AbortController();
  const ask = async (request: OperationRequest): Promise<unknown> => {
    asked.push(request);
    const answer = script[request.operation] as unknown;
    if (answer === undefined) throw new PosthasteError(`no ${request.operation} is scripted`, { code: 'NOT_SCRIPTED' });
    return typeof answer === 'function' ? answer(request) : answer;
  };
  return {
    asked,
    printed,
    told,
    operations: { ask: ask as Operations['ask'], stack: async () => 'shop' },
    output: listening(printed),
    write: async (text) => void printed.push(text),
    terminal: listening(told),
    live: false,
    command: createCommandWriter({ kind: 'local', endpoint: 'http://127.0.0.1:4567', stack: undefined }, 'npx posthaste'),
    columns: Number.POSITIVE_INFINITY,
    clock: createVirtualClock(createRng(1)),
    signal: stop.signal,
    interrupt: () => stop.abort(),
    who: async () => 'local:ada',
    async confirm(question) {
      told.push(question);
      return typeof says === 'function' ? says(question) : says;
    },
    edit: async (text) => edits?.(text),
  };
}

function listening(lines: string[]): Terminal {
  return { ...createTerminal({ isTTY: false } as NodeJS.WriteStream, {}), line: (text = '') => void lines.push(text), progress() {} };
}

/** A failure of which only some things matter. */
export function failure(id: string, values: Partial<Failure> = {}): Failure {
  return {
    id: id.padEnd(32, '0'),
    status: 'open',
    source: 'consumer',
    consumer: 'ship-order',
    reason: 'HANDLER_PERMANENT',
    errorType: 'AddressError',
    errorMessage: 'no such street',
    fingerprint: 'f1f1f1f1f1f1f1f1',
    failedAt: 0,
    receiveCount: 1,
    attempts: [],
    attributes: {},
    messageId: `message-${id}`,
    messageType: 'orders.order-placed',
    body: { kind: 'inline', text: '{"id":"1"}' },
    letters: 1,
    redrives: 0,
    indexedAt: 0,
    ...values,
  };
}

/** A group of which only some things matter. */
export function group(values: Partial<FailureGroup> = {}): FailureGroup {
  const { consumer, reason, errorType, errorMessage, fingerprint, id } = failure('a');
  const facts = { fingerprint, consumer, reason, errorType, errorMessage, messageType: 'orders.order-placed', sampleId: id };
  return { ...facts, firstAt: 0, lastAt: 0, total: 3, counts: { open: 2, done: 1 }, handlerVersions: ['1', '2'], ...values };
}

import { createRng } from '../lib/core/rng.ts';
import { createVirtualClock } from '../lib/simulation/virtual-clock.ts';

/** A call as it reaches a client. */
export interface Sent {
  readonly action: string;
  readonly input: Readonly<Record<string, unknown>>;
}

/** A DynamoDB client that answers with what `answer` makes of each call, and the ports that a store over it takes. */
export function scriptedDynamoDb(answer: (call: Sent, index: number) => object | Error) {
  const calls: Sent[] = [];
  const clock = createVirtualClock(createRng(1));
  const client = {
    async send(command: { constructor: { name: string }; input: Sent['input'] }) {
      const call = { action: command.constructor.name.replace('Command', ''), input: command.input };
      calls.push(call);
      const given = answer(call, calls.length - 1);
      if (given instanceof Error) throw given;
      return given;
    },
  };
  const timed = async <T>(work: Promise<T>): Promise<T> => (await Promise.all([work, clock.run()]))[0];
  return { calls, clock, timed, ports: { client, clock, rng: { next: () => 0.999_9 } } };
}

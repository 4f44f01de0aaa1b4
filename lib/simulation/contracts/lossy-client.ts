import type { SimClient } from '../process.ts';

/** A client whose next answer to a write can be lost. */
export interface LossyClient {
  readonly client: SimClient;
  /** The next write is applied, and its caller is told of a timeout. */
  loseNextAnswer(): void;
}

/** Actions that change something at the service: those whose lost answer leaves a caller in doubt. */
const WRITES = /^(?:Put|Update|Delete|BatchWrite|TransactWrite|Publish|Send|ChangeMessage)/;

/**
 * Wraps a client of the AWS SDK, or of a simulated process, for `loseNextAnswer` of a contract's instance.
 *
 * @example
 * const { client, loseNextAnswer } = lossyClient(new DynamoDBClient({ maxAttempts: 1 }));
 */
export function lossyClient(inner: SimClient): LossyClient {
  let losing = false;
  return {
    client: {
      async send(command: { constructor: { name: string } }) {
        const loses = losing && WRITES.test(command.constructor.name);
        if (loses) losing = false;
        const answer = await inner.send(command);
        // Neither the answer nor a status arrives: what the SDK throws then has no fault and no code.
        if (loses) throw Object.assign(new Error('the answer was lost'), { name: 'TimeoutError' });
        return answer;
      },
    },
    loseNextAnswer: () => {
      losing = true;
    },
  };
}

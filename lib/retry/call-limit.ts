import { type Clock, systemClock } from '../core/clock.ts';

/** The longest that one call may take with everything, in milliseconds: to connect, to ask, and to read the answer to its end. */
export const CALL_LIMIT_MS = 5_500;

/** The part of an SDK v3 client that is bounded. */
interface Calling {
  send(command: never, options?: never): unknown;
}

type Send = (command: unknown, options?: { readonly abortSignal?: AbortSignal }) => Promise<unknown>;

/**
 * Bounds every call of a client, and returns it. The SDK's own timeouts end with the headers of the answer: a body that stalls behind them,
 * or comes a byte at a time, is waited for without end ("requestTimeout", NodeHttpHandler). A call that takes longer than
 * `CALL_LIMIT_MS` is aborted and fails with `TimeoutError`: it may have had its effect.
 *
 * @example
 * const sns = limitCalls(new SNSClient(CLIENT_SETTINGS));
 */
export function limitCalls<Client extends Calling>(client: Client, clock: Clock = systemClock): Client {
  const send: Send = (client.send as Send).bind(client);
  const limited: Send = async (command, options) => {
    const giveUp = new AbortController();
    const signals = options?.abortSignal === undefined ? [giveUp.signal] : [giveUp.signal, options.abortSignal];
    let cancel = () => {};
    const over = new Promise<never>((_, reject) => {
      cancel = clock.after(CALL_LIMIT_MS, () => {
        reject(timeoutError());
        giveUp.abort();
      });
    });
    try {
      return await Promise.race([send(command, { ...options, abortSignal: AbortSignal.any(signals) }), over]);
    } finally {
      cancel();
    }
  };
  return Object.assign(client, { send: limited });
}

function timeoutError(): Error {
  return Object.assign(new Error(`the call had no whole answer within ${CALL_LIMIT_MS} ms`), { name: 'TimeoutError' });
}

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Clock, systemClock } from '../../core/clock.ts';
import type { HttpRequest } from '../../local/gateway/exchange.ts';
import { requestOf } from '../../local/gateway/gateway.ts';
import { readBytes } from '../../local/gateway/request-body.ts';
import { noFaults } from '../fault.ts';
import { createHistory, type History } from '../history.ts';
import { type FaultDeps, serveFaulty, type UnderWay } from './faulty-exchange.ts';
import { createUpstream } from './forward.ts';
import { sendAnswer } from './spoiled-answer.ts';
import { createCallCounter, readCall } from './wire-call.ts';
import { appliesOnWire, type WireFaultSource } from './wire-fault.ts';

/** How a proxy is started. */
export interface ChaosProxyOptions {
  /** The AWS endpoint behind it, e.g. the one of `startLocalAws`. */
  readonly target: URL;
  /** @default - none */
  readonly faults?: WireFaultSource;
  /**
   * Kills the process of this name, at once and without a chance to clean up; the call goes on when it is dead.
   *
   * @default - crashes are lost connections
   */
  readonly onCrash?: (process: string) => void | Promise<void>;
  /** How late `delay` and `effectAfterError` make a call, in milliseconds. @default 500 */
  readonly delayMs?: number;
  readonly clock?: Clock;
}

/** A proxy that is listening. */
export interface ChaosProxy {
  /** What clients take for the endpoint. */
  readonly url: string;
  /** Every call, fault and answer, in milliseconds since the start. */
  readonly history: History;
  /** Calls under a fault that is not over: their effect may be still to come. */
  held(): number;
  /** Ends the chaos: no fault is injected from here on. */
  heal(): void;
  close(): Promise<void>;
}

/** Longer than clients usually wait. */
const PATIENCE_MS = 30_000;

/**
 * Starts a proxy on loopback that makes the calls of real SDK clients fail as networks and services fail. It reads the AWS protocols, so
 * that a fault hits *the nth call of an action*, as in the simulator; requests of no AWS protocol pass untouched.
 *
 * @example
 * const proxy = await startChaosProxy({ target: new URL(local.endpoint), faults: plannedWireFaults([
 *   { service: 'sns', action: 'PublishBatch', nth: 0, kind: 'errorAfterEffect' },
 * ]) });
 * new SNSClient({ endpoint: proxy.url, region: 'us-east-1', credentials });
 */
export async function startChaosProxy(options: ChaosProxyOptions): Promise<ChaosProxy> {
  const { clock = systemClock, delayMs = 500, onCrash = () => {} } = options;
  const upstream = createUpstream(options.target);
  const history = createHistory(clock);
  const deps: FaultDeps = { clock, delayMs, patienceMs: PATIENCE_MS, onCrash };
  const passing: Passing = { deps, send: upstream.send, history, calls: createCallCounter(), faults: options.faults ?? noFaults, held: 0 };
  const server = createServer((message, response) => void serve(passing, message, response));
  server.keepAliveTimeout = 75_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    history,
    held: () => passing.held,
    heal() {
      passing.faults = noFaults;
      history.record('heal');
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
        upstream.close();
      }),
  };
}

interface Passing {
  readonly deps: FaultDeps;
  readonly send: (http: HttpRequest, signal?: AbortSignal) => ReturnType<UnderWay['send']>;
  readonly history: History;
  readonly calls: ReturnType<typeof createCallCounter>;
  faults: WireFaultSource;
  held: number;
}

async function serve(passing: Passing, message: IncomingMessage, response: ServerResponse): Promise<void> {
  const left = new AbortController();
  response.once('close', () => left.abort());
  try {
    await pass(passing, requestOf(message, await readBytes(message)), { response, gone: left.signal });
  } catch (error) {
    if (!left.signal.aborted) passing.history.record('unreachable', { error: String(error) });
    response.destroy();
  }
}

async function pass(passing: Passing, http: HttpRequest, client: Pick<UnderWay, 'response' | 'gone'>): Promise<void> {
  const { deps, history, send } = passing;
  const call = readCall(http);
  if (!call) return sendAnswer(client.response, await send(http, client.gone));
  const counted = passing.calls.next(call.process, call.request);
  const { index, process, service, action, nth } = counted;
  history.record('call', { call: index, process, service, action, nth });
  const kind = passing.faults.decide(counted);
  if (kind && appliesOnWire(kind, action)) {
    history.record('fault', { fault: kind, call: index, process, service, action, nth });
    passing.held += 1;
    return serveFaulty(deps, kind, { ...client, http, call, send }).finally(() => {
      passing.held -= 1;
    });
  }
  const answer = await send(http, client.gone);
  history.record('answer', { call: index, status: answer.status });
  sendAnswer(client.response, answer);
}

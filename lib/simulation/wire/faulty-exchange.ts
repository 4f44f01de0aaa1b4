import type { ServerResponse } from 'node:http';
import { type Clock, sleep } from '../../core/clock.ts';
import type { HttpRequest } from '../../local/gateway/exchange.ts';
import type { Forwarded } from './forward.ts';
import { sendPart } from './partial-call.ts';
import { refusalOf } from './refusals.ts';
import { sendAndReset, sendAnswer, sendTruncated } from './spoiled-answer.ts';
import type { WireCall } from './wire-call.ts';
import type { WireFaultKind } from './wire-fault.ts';

/** One call on its way through the proxy. */
export interface UnderWay {
  readonly http: HttpRequest;
  readonly call: WireCall;
  readonly response: ServerResponse;
  /** Aborted when the client went away. */
  readonly gone: AbortSignal;
  /** Sends to the service; the effect happens even if the client leaves. */
  readonly send: (http: HttpRequest) => Promise<Forwarded>;
}

/** What faults are made of. */
export interface FaultDeps {
  readonly clock: Clock;
  readonly delayMs: number;
  /** After how long a call that is kept from its answer is let go, should its client have no timeout. */
  readonly patienceMs: number;
  readonly onCrash: (process: string) => void | Promise<void>;
}

/** Carries out a fault: what becomes of the call, and what its client sees. */
export async function serveFaulty(deps: FaultDeps, kind: WireFaultKind, underWay: UnderWay): Promise<void> {
  const { http, call, response, send } = underWay;
  const crash = async () => {
    await deps.onCrash(call.process);
    response.destroy();
  };
  switch (kind) {
    case 'throttle':
    case 'deny':
    case 'conflict':
    case 'serverError':
      return sendAnswer(response, call.exchange.refuse(refusalOf(kind, call.request), 'refused-by-a-fault'));
    case 'refuse':
    case 'errorWithoutEffect':
      return void response.destroy();
    case 'crashBefore':
      return crash();
    case 'effectAfterError':
      await clientLeaves(deps, underWay);
      response.destroy();
      await sleep(deps.clock, deps.delayMs);
      return void (await send(http));
    case 'delay':
      await sleep(deps.clock, deps.delayMs);
      return sendAnswer(response, await send(http));
    case 'partialBatch':
      return sendAnswer(response, await sendPart(call, http, { send, fails: everyOther() }));
    case 'twice':
      await send(http);
      return sendAnswer(response, await send(http));
    default:
      return spoil(deps, { kind, underWay, crash, answer: await send(http) });
  }
}

interface Spoiling {
  readonly kind: 'crashAfter' | 'errorAfterEffect' | 'slow' | 'truncate' | 'reset';
  readonly underWay: UnderWay;
  readonly crash: () => Promise<void>;
  readonly answer: Forwarded;
}

/** The effect has happened; only the answer goes wrong. */
async function spoil(deps: FaultDeps, { kind, underWay, crash, answer }: Spoiling): Promise<void> {
  const { response } = underWay;
  switch (kind) {
    case 'crashAfter':
      return crash();
    case 'errorAfterEffect':
      return void response.destroy();
    case 'slow':
      await clientLeaves(deps, underWay);
      return sendAnswer(response, answer);
    case 'truncate':
      return sendTruncated(response, answer);
    case 'reset':
      return sendAndReset(response, answer);
  }
}

/** The first, the third and so on: of one entry, that one. */
function everyOther(): () => boolean {
  let asked = 0;
  return () => {
    asked += 1;
    return asked % 2 === 1;
  };
}

/** A client leaves when its own timeout is over. */
async function clientLeaves({ clock, patienceMs }: FaultDeps, { gone }: UnderWay): Promise<void> {
  await sleep(clock, patienceMs, gone).catch(() => {});
}

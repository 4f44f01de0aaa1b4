import { type AwsRequest, DEVELOPER } from '../../local/aws.ts';
import { exchangeOf } from '../../local/gateway/dispatch.ts';
import { type Exchange, type HttpRequest, headerOf } from '../../local/gateway/exchange.ts';
import { credentialOf } from '../../local/gateway/signature.ts';
import type { Call } from '../fault.ts';

/** A request that was understood: what it asks for, of whom, and how to answer it in its own protocol. */
export interface WireCall {
  readonly request: AwsRequest;
  readonly exchange: Exchange;
  /** Who calls, see `processOf`. */
  readonly process: string;
}

/** Reads a request in any of the AWS protocols; undefined for one that is no call of a known service, e.g. of a function URL. */
export function readCall(http: HttpRequest): WireCall | undefined {
  const credential = credentialOf(http);
  const exchange = exchangeOf(http, credential);
  try {
    const request = { ...exchange.decode(), caller: DEVELOPER };
    // What is unsigned and has no other protocol could be an S3 call, and is a browser's.
    if (credential === undefined && request.service === 's3') return undefined;
    return { request, exchange, process: processOf(http) };
  } catch {
    return undefined;
  }
}

/**
 * The caller's name: the application id of its SDK client (`userAgentAppId` or AWS_SDK_UA_APP_ID, sent as `app/<id>`; AWS SDKs Reference
 * Guide, "Application ID"), else its access key.
 */
function processOf(http: HttpRequest): string {
  const appId = /(?:^|\s)app\/(\S+)/.exec(headerOf(http.headers, 'user-agent') ?? '')?.[1];
  return appId ?? credentialOf(http)?.accessKeyId ?? 'anonymous';
}

/** Numbers calls as the simulator does. */
export interface CallCounter {
  next(process: string, request: Pick<AwsRequest, 'service' | 'action'>): Call;
}

/** Starts to count. */
export function createCallCounter(): CallCounter {
  const counts = new Map<string, number>();
  const count = (name: string): number => {
    const value = counts.get(name) ?? 0;
    counts.set(name, value + 1);
    return value;
  };
  return {
    next(process, { service, action }) {
      const role = roleOf(process);
      const [nth, visit] = [count(`*:${service}:${action}`), count(`${role}:${service}:${action}`)];
      return { index: count(''), process, role, service, action, nth, visit };
    },
  };
}

/** `relay-3` and `producer-7-1` are instances of `relay` and `producer`, as in the simulator. */
const roleOf = (process: string): string => process.replace(/[/-]\d.*$/, '');

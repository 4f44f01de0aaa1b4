import type { Clock } from '../core/clock.ts';
import type { Rng } from '../core/rng.ts';
import type { Interceptor, ServiceName } from './aws.ts';
import { AwsError } from './aws.ts';
import type { MappingFaults } from './event-source-mapping/mapping-faults.ts';
import { ConnectionDropped } from './gateway/gateway.errors.ts';

/**
 * What chaos does to a running stack. Each happens in production: a worker dies in the middle of a batch, a queue or stream delivers
 * twice, a service throttles, an answer is lost after its effect, a mapping never hears that the handler succeeded.
 */
export const CHAOS_KINDS = ['workerKilled', 'duplicateDelivery', 'throttled', 'responseDropped', 'batchResponseLost'] as const;

export type ChaosKind = (typeof CHAOS_KINDS)[number];

/** What chaos did so far. */
export interface ChaosReport {
  readonly faults: Readonly<Record<ChaosKind, number>>;
  /** Invocations by event source mappings. */
  readonly invocations: number;
  /** Those that at least one fault hit. */
  readonly invocationsHit: number;
}

/** Chaos that can be switched on and off. */
export interface Chaos {
  readonly interceptor: Interceptor;
  readonly mappingFaults: MappingFaults;
  start(): void;
  stop(): void;
  report(): ChaosReport;
}

/** What chaos works with. */
export interface ChaosOptions {
  readonly clock: Clock;
  readonly rng: Rng;
  /** Kills one busy worker of a function; false when none was busy. */
  readonly killWorker: (functionArn: string) => boolean;
  /** The role that a function runs under: its calls are throttled and lose their answers. */
  readonly roleOf: (functionArn: string) => string | undefined;
  /** The share of invocations to hit. @default 0.15 - three times what the demo must show, since kills can come too late */
  readonly rate?: number;
}

/** Draws one fault per invocation; before drawing at random it goes through every kind once, so that short runs meet them all. */
export function createChaos({ clock, rng, killWorker, roleOf, rate = 0.15 }: ChaosOptions): Chaos {
  const faults: Record<ChaosKind, number> = {
    workerKilled: 0,
    duplicateDelivery: 0,
    throttled: 0,
    responseDropped: 0,
    batchResponseLost: 0,
  };
  /** Faults that wait for the next call of a role. */
  const armed = new Map<string, ('throttled' | 'responseDropped')[]>();
  const loseResponse = new Set<string>();
  let running = false;
  let invocations = 0;
  let hit = 0;

  function draw(): ChaosKind | undefined {
    if (!running) return undefined;
    const missing = CHAOS_KINDS.filter((kind) => faults[kind] === 0);
    if (missing.length > 0 && rng.next() < 0.5) return pick(missing, rng);
    return rng.next() < rate ? pick(CHAOS_KINDS, rng) : undefined;
  }

  function count(kind: ChaosKind): void {
    faults[kind] += 1;
    hit += 1;
  }

  function arm(functionArn: string, kind: 'throttled' | 'responseDropped'): void {
    const role = roleOf(functionArn);
    if (role) armed.set(role, [...(armed.get(role) ?? []), kind]);
  }

  const interceptor: Interceptor = async (request, next) => {
    const waiting = request.caller.kind === 'role' ? armed.get(request.caller.roleArn) : undefined;
    const fault = running ? waiting?.shift() : undefined;
    if (!fault) return next();
    count(fault);
    if (fault === 'throttled') throw throttle(request.service);
    await next();
    throw new ConnectionDropped();
  };

  return {
    interceptor,
    mappingFaults: {
      beforeInvoke({ functionArn, recordIds }) {
        invocations += 1;
        const kind = draw();
        if (kind === 'duplicateDelivery') {
          count(kind);
          return { kind: 'duplicate' };
        }
        if (kind === 'workerKilled') clock.after(1 + rng.next() * 15, () => killWorker(functionArn) && count(kind));
        if (kind === 'throttled' || kind === 'responseDropped') arm(functionArn, kind);
        if (kind === 'batchResponseLost') loseResponse.add(batchId(functionArn, recordIds));
        return undefined;
      },
      afterInvoke({ functionArn, recordIds }) {
        if (!loseResponse.delete(batchId(functionArn, recordIds)) || !running) return undefined;
        count('batchResponseLost');
        return { kind: 'lose-response' };
      },
    },
    start: () => {
      running = true;
    },
    stop: () => {
      running = false;
      armed.clear();
    },
    report: () => ({ faults: { ...faults }, invocations, invocationsHit: Math.min(hit, invocations) }),
  };
}

function pick<T>(choices: readonly T[], rng: Rng): T {
  return choices[Math.floor(rng.next() * choices.length)] as T;
}

const batchId = (functionArn: string, recordIds: readonly string[]): string => `${functionArn} ${recordIds.join(' ')}`;

/** Each service names its throttling differently; SDKs recognise all of them. */
function throttle(service: ServiceName): AwsError {
  if (service === 'dynamodb') return new AwsError('ThrottlingException', 'Rate of requests exceeds the allowed throughput.');
  if (service === 'sqs') return new AwsError('RequestThrottled', 'Request is throttled.');
  return new AwsError('Throttling', 'Rate exceeded');
}

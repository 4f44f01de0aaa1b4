import type { PlannedWireFault } from '../../lib/simulation/wire/wire-fault.ts';

/** A plan for the wire, by the scenario that it brings about. */
export interface WirePlan {
  readonly scenario: string;
  readonly title: string;
  readonly faults: readonly PlannedWireFault[];
}

const publish = { service: 'sns', action: 'PublishBatch', role: 'relay' } as const;
const commit = { service: 'dynamodb', action: 'TransactWriteItems' } as const;
const placing = { ...commit, role: 'producer' } as const;
const auditing = { ...commit, role: 'audit-order' } as const;
const projecting = { ...commit, role: 'project-order' } as const;

/** Faults at the first calls, of these kinds in turn. */
const inTurn = (call: Omit<PlannedWireFault, 'kind' | 'nth'>, ...kinds: readonly PlannedWireFault['kind'][]): PlannedWireFault[] =>
  kinds.map((kind, nth) => ({ ...call, nth, kind }));

/** More calls than one commit tries. */
const often = (kind: PlannedWireFault['kind']) => Array.from({ length: 20 }, () => kind);

/** What the wire tier runs by name. */
export const WIRE_PLANS: readonly WirePlan[] = [
  { scenario: 'S1', title: 'the relay dies after each of its first publications', faults: inTurn(publish, 'crashAfter', 'crashAfter') },
  {
    scenario: 'S2',
    title: 'the service takes a part of a publication and says so inside a successful answer',
    faults: inTurn(publish, 'partialBatch', 'partialBatch', 'partialBatch'),
  },
  {
    scenario: 'S10',
    title: 'commits time out that were made, and one that is made after its caller has given up',
    faults: inTurn(placing, 'errorAfterEffect', 'truncate', 'effectAfterError', 'reset'),
  },
  {
    scenario: 'S11',
    title: 'transactions meet others, for so long that their tries run out',
    faults: [...inTurn(placing, 'conflict'), ...inTurn(auditing, ...often('conflict')), ...inTurn(projecting, ...often('conflict'))],
  },
  {
    scenario: 'S12',
    title: 'producers die before and after their commit',
    faults: inTurn(placing, 'crashBefore', 'crashAfter', 'crashAfter', 'crashBefore'),
  },
  {
    scenario: 'S21',
    title: 'two copies of a message meet in two workers',
    faults: [...inTurn(publish, 'twice', 'twice', 'twice'), ...inTurn(auditing, 'delay', 'delay')],
  },
  {
    scenario: 'S23',
    title: 'effects are committed whose answer is lost, cut or reset',
    faults: [...inTurn(auditing, 'errorAfterEffect', 'truncate', 'reset'), ...inTurn(projecting, 'reset', 'errorAfterEffect')],
  },
  {
    scenario: 'S24',
    title: 'consumers die after their effect',
    faults: [...inTurn(auditing, 'crashAfter', 'crashAfter'), ...inTurn(projecting, 'crashAfter', 'crashAfter')],
  },
  {
    scenario: 'S36',
    title: 'messages are not deleted that were handled',
    faults: [
      ...inTurn({ service: 'sqs', action: 'DeleteMessageBatch', role: 'poller-audit-order' }, 'refuse', 'partialBatch', 'throttle'),
      ...inTurn({ service: 'sqs', action: 'DeleteMessageBatch', role: 'poller-project-order' }, 'serverError', 'refuse'),
    ],
  },
];

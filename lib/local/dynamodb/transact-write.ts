import { hash } from 'node:crypto';
import { AwsError, type Json } from '../aws.ts';
import { capacityMode, createMeter, readUnits } from './capacity.ts';
import { commitAll, type PlannedWrite } from './commit.ts';
import { broken, list, required, shown, text } from './fields.ts';
import { collectionsOf, wantsCollectionMetrics } from './item-collections.ts';
import { type CancellationReason, invalid, transactionCancelled } from './refusals.ts';
import type { Table, WriteUnits } from './table.ts';
import { tableOf, type World } from './world.ts';
import { addressOf, planWrite, refuseEmptyKeys } from './write-plan.ts';
import { readWrite, type WriteKind, type WriteRequest } from './write-request.ts';

const KINDS: Readonly<Record<string, WriteKind>> = { Put: 'put', Update: 'update', Delete: 'delete', ConditionCheck: 'check' };
/** Limits of a transaction (Developer guide, "DynamoDB transactions"). */
const MAX_ACTIONS = 100;
const MAX_BYTES = 4 * 1024 * 1024;
const TOKEN_LIFE_MS = 10 * 60 * 1000;

interface Addressed {
  readonly table: Table;
  readonly request: WriteRequest;
  readonly address: string;
}

/** TransactWriteItems: all actions or none, decided against one state. */
export function transactWriteItems(world: World, input: Json): Json {
  const token = clientToken(input);
  const mode = capacityMode(input);
  const metrics = wantsCollectionMetrics(input);
  const requests = readActions(input);
  const targets = requests.map((request) => ({ request, table: tableOf(world, request.tableName) }));
  for (const { table, request } of targets) refuseEmptyKeys(table, request);
  const fingerprint = token === undefined ? '' : fingerprintOf(input);
  if (token !== undefined && isReplay(world, token, fingerprint)) return replayed(targets, createMeter(mode, 'Read'));
  const addressed = withAddresses(targets);
  refuseRepeatedItems(addressed);
  const planned = plan(addressed);
  refuseOversize(planned, requests);
  const units = commitAll(world, planned);
  if (token !== undefined) world.tokens.set(token, { fingerprint, until: world.clock.now() + TOKEN_LIFE_MS });
  const meter = createMeter(mode, 'Write');
  for (const [at, { table }] of planned.entries()) meter.write(table, units[at] as WriteUnits);
  return answer(meter.report(), metrics ? collectionsOf(writesIn(targets)) : undefined);
}

function answer(consumed: Json[] | undefined, metrics: Json | undefined): Json {
  return { ...(consumed && { ConsumedCapacity: consumed }), ...(metrics && { ItemCollectionMetrics: metrics }) };
}

function clientToken(input: Json): string | undefined {
  const token = text(input, 'ClientRequestToken');
  if (token === undefined) return undefined;
  if (token.length < 1) throw broken(shown('ClientRequestToken', token), 'Member must have length greater than or equal to 1');
  if (token.length > 36) throw broken(shown('ClientRequestToken', token), 'Member must have length less than or equal to 36');
  return token;
}

function readActions(input: Json): WriteRequest[] {
  const actions = list(input, 'TransactItems');
  if (!actions) throw required('TransactItems');
  if (actions.length === 0) throw broken(`Value '[]' at 'transactItems'`, 'Member must have length greater than or equal to 1');
  if (actions.length > MAX_ACTIONS)
    throw broken(shown('TransactItems', actions), `Member must have length less than or equal to ${MAX_ACTIONS}`);
  return actions.map((action) => {
    const kind = kindOf(action);
    const body = action[kind] as Json;
    if (kind === 'Update' && body['UpdateExpression'] === undefined) throw required('UpdateExpression');
    return readWrite(KINDS[kind] as WriteKind, body);
  });
}

function kindOf(action: Json): string {
  let found: string | undefined;
  for (const kind in action) {
    if (!Object.hasOwn(KINDS, kind) || action[kind] === undefined || action[kind] === null) continue;
    if (found !== undefined) throw notOneKind();
    found = kind;
  }
  if (found === undefined) throw notOneKind();
  return found;
}

function notOneKind(): AwsError {
  return invalid('TransactItems can only contain one of Check, Put, Update or Delete');
}

/** The first action whose key does not fit its table cancels the transaction before anything else is decided. */
function withAddresses(targets: readonly Omit<Addressed, 'address'>[]): Addressed[] {
  return targets.map((target, at) => {
    try {
      return { ...target, address: addressOf(target.table, target.request) };
    } catch (error) {
      const reasons = targets.map((_, index): CancellationReason => (index === at ? reasonOf(error) : { Code: 'None' }));
      throw transactionCancelled(reasons);
    }
  });
}

function refuseRepeatedItems(addressed: readonly Addressed[]): void {
  const seen = new Set(addressed.map(({ table, address }) => `${table.name}/${address}`));
  if (seen.size < addressed.length) throw invalid('Transaction request cannot include multiple operations on one item');
}

function plan(addressed: readonly Addressed[]): PlannedWrite[] {
  const planned: PlannedWrite[] = [];
  const reasons = addressed.map(({ table, request, address }): CancellationReason => {
    try {
      planned.push(planWrite(table, request, address));
      return { Code: 'None' };
    } catch (error) {
      return reasonOf(error);
    }
  });
  if (planned.length < addressed.length) throw transactionCancelled(reasons);
  return planned;
}

function reasonOf(error: unknown): CancellationReason {
  if (!(error instanceof AwsError)) throw error;
  if (error.code === 'ConditionalCheckFailedException') return { Code: 'ConditionalCheckFailed', Message: error.message, ...error.details };
  return { Code: 'ValidationError', Message: error.message };
}

function refuseOversize(planned: readonly PlannedWrite[], requests: readonly WriteRequest[]): void {
  const bytes = planned.reduce((sum, { after }, at) => sum + Math.max(after?.size ?? 0, requests[at]?.size ?? 0), 0);
  if (bytes > MAX_BYTES) throw invalid('Transaction request size exceeds the limit of 4 MB');
}

function fingerprintOf(input: Json): string {
  return hash('sha256', JSON.stringify(input['TransactItems']), 'base64');
}

/** A token is remembered for ten minutes after its transaction succeeded; then it is new again. */
function isReplay(world: World, token: string, fingerprint: string): boolean {
  const now = world.clock.now();
  for (const [known, { until }] of world.tokens) {
    if (until > now) break;
    world.tokens.delete(known);
  }
  const earlier = world.tokens.get(token);
  if (!earlier) return false;
  if (earlier.fingerprint !== fingerprint) {
    throw new AwsError('IdempotentParameterMismatchException', 'Idempotent parameter mismatch for the client request token');
  }
  return true;
}

/** A replay changes nothing and is billed as a transactional read of the items. */
function replayed(targets: readonly Omit<Addressed, 'address'>[], meter: ReturnType<typeof createMeter>): Json {
  for (const { table, request } of targets) {
    const row = table.rows.get(addressOf(table, request));
    meter.read(table, readUnits(row?.size ?? 0, true));
  }
  return answer(meter.report(), undefined);
}

function writesIn(targets: readonly Omit<Addressed, 'address'>[]) {
  return targets.filter(({ request }) => request.kind !== 'check').map(({ table, request }) => ({ table, item: request.item }));
}

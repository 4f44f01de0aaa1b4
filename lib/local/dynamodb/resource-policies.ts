import { AwsError, type Json } from '../aws.ts';
import { flag, requiredText, text } from './fields.ts';
import { invalid, notFound } from './refusals.ts';
import type { Table } from './table.ts';
import type { World } from './world.ts';

/** A policy may have 20 KB (Developer guide, "Resource-based policy considerations"). */
const MAX_POLICY_BYTES = 20 * 1024;
const NO_POLICY = 'NO_POLICY';

/** PutResourcePolicy, for a table or one of its streams. */
export function putResourcePolicy(world: World, input: Json): Json {
  const arn = requiredText(input, 'ResourceArn');
  const table = owner(world, arn);
  refuseOtherRevision(table, arn, text(input, 'ExpectedRevisionId'));
  flag(input, 'ConfirmRemoveSelfResourceAccess');
  return { RevisionId: putPolicy(world, table, arn, requiredText(input, 'Policy')) };
}

/** Stores a policy and returns its revision; the same policy again keeps its revision. */
export function putPolicy(world: World, table: Table, arn: string, document: string): string {
  if (Buffer.byteLength(document) > MAX_POLICY_BYTES) throw invalid('Resource policy size exceeds the limit of 20 KB');
  try {
    JSON.parse(document);
  } catch {
    throw invalid('Invalid policy document: not valid JSON');
  }
  const current = table.policies.get(arn);
  if (current?.document === document) return current.revision;
  const revision = String(world.clock.now());
  table.policies.set(arn, { document, revision });
  return revision;
}

/** GetResourcePolicy. */
export function getResourcePolicy(world: World, input: Json): Json {
  const arn = requiredText(input, 'ResourceArn');
  const policy = owner(world, arn).policies.get(arn);
  if (!policy) throw new AwsError('PolicyNotFoundException', `Resource-based policy not found for the provided ResourceArn: ${arn}`);
  return { Policy: policy.document, RevisionId: policy.revision };
}

/** The policy that decides on calls to a table, one of its indexes or its stream, if there is one. */
export function policyOf(world: World, resourceArn: string): string | undefined {
  const [, name = ''] = resourceArn.split('/');
  return world.tables.get(name)?.policies.get(resourceArn.replace(/\/index\/.*$/, ''))?.document;
}

/** DeleteResourcePolicy: also succeeds when there is none. */
export function deleteResourcePolicy(world: World, input: Json): Json {
  const arn = requiredText(input, 'ResourceArn');
  const table = owner(world, arn);
  refuseOtherRevision(table, arn, text(input, 'ExpectedRevisionId'));
  const revision = table.policies.get(arn)?.revision;
  table.policies.delete(arn);
  return revision === undefined ? {} : { RevisionId: revision };
}

function refuseOtherRevision(table: Table, arn: string, expected: string | undefined): void {
  if (expected === undefined) return;
  const revision = table.policies.get(arn)?.revision ?? NO_POLICY;
  if (revision === expected) return;
  throw new AwsError('PolicyNotFoundException', `Resource-based policy not found for the provided ResourceArn and RevisionId: ${arn}`);
}

function owner(world: World, arn: string): Table {
  for (const table of world.tables.values()) if (arn === table.arn || arn === table.stream?.arn) return table;
  throw notFound(`Requested resource not found: ResourceArn: ${arn} not found`);
}

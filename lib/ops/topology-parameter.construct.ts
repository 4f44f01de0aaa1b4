import { Stack } from 'aws-cdk-lib';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { ParameterTier, StringParameter } from 'aws-cdk-lib/aws-ssm';
import type { Construct } from 'constructs';
import type { HandlerFunction } from '../infra/handler-function.construct.ts';
import { stackName } from '../infra/names.ts';
import { tableAddress } from '../infra/table-ref.ts';
import type { StackConsumer, StackMember, StackOutbox } from '../topology/stack-topology.construct.ts';
import { type ConsumerEntry, type OutboxEntry, type QueueAddress, topologyPath } from '../topology/topology.contract.ts';

/** Writes down a member of the stack for the functions that ask, which call its tables as `reader` does. */
export function describeMember(scope: Construct, member: StackMember, reader: HandlerFunction): StringParameter {
  const entry = member.kind === 'consumer' ? consumerEntry(member, reader) : outboxEntry(member, reader);
  return new StringParameter(scope, `${member.kind}-${member.name}`, {
    parameterName: `${topologyPath(stackName(scope))}/${member.kind}/${member.name}`,
    description: `What ${member.name} is made of`,
    // A consumer of many topics is more than the 4 KB that cost nothing ("Managing parameter tiers", Systems Manager user guide).
    tier: ParameterTier.INTELLIGENT_TIERING,
    stringValue: Stack.of(scope).toJsonString(entry),
  });
}

function consumerEntry(consumer: StackConsumer, reader: HandlerFunction): ConsumerEntry {
  const { name, ordered, indexed, functionName, mappingId, inbox, unscheduled } = consumer;
  return {
    kind: 'consumer',
    name,
    queue: addressOf(consumer.queue),
    ordered,
    deadLetterQueue: addressOf(consumer.deadLetters.queue),
    indexed,
    undelivered: consumer.undelivered.map(({ queue }) => addressOf(queue)),
    ...(unscheduled && { unscheduled: addressOf(unscheduled.queue) }),
    functionName,
    mappingId,
    inbox: { table: tableAddress(reader, inbox.table), scope: inbox.scope, retentionDays: inbox.retention.toDays() },
  };
}

function outboxEntry(outbox: StackOutbox, reader: HandlerFunction): OutboxEntry {
  const { name, relayFunction, sweeperFunction, failures, unscheduled } = outbox;
  return {
    kind: 'outbox',
    name,
    table: tableAddress(reader, outbox.table),
    relayFunction,
    sweeperFunction,
    failuresBucket: failures.bucketName,
    unscheduled: addressOf(unscheduled.queue),
  };
}

function addressOf({ queueUrl: url, queueArn: arn }: Queue): QueueAddress {
  return { url, arn };
}

/** A record as the streams API's GetRecords returns it. */
export interface StreamApiRecord {
  readonly eventID: string;
  readonly eventName: string;
  readonly eventVersion?: string;
  readonly awsRegion?: string;
  readonly dynamodb: Readonly<Record<string, unknown>> & {
    readonly SequenceNumber: string;
    /** Seconds since the epoch. */
    readonly ApproximateCreationDateTime?: number;
    readonly Keys?: Readonly<Record<string, unknown>>;
  };
  readonly userIdentity?: { readonly Type?: string; readonly PrincipalId?: string };
}

/** A record as the handler gets it (Lambda guide, "Using AWS Lambda with Amazon DynamoDB"), with what the poller needs to know of it. */
export interface StreamRecord {
  readonly sequenceNumber: string;
  readonly createdMs: number;
  readonly event: Readonly<Record<string, unknown>>;
}

/** Shapes a stream record as Lambda's DynamoDB event does: the user identity of a TTL removal is spelled in lower case there. */
export function streamRecord(record: StreamApiRecord, streamArn: string): StreamRecord {
  const identity = record.userIdentity;
  const event = {
    eventID: record.eventID,
    eventName: record.eventName,
    eventVersion: record.eventVersion ?? '1.1',
    eventSource: 'aws:dynamodb',
    awsRegion: record.awsRegion ?? streamArn.split(':')[3] ?? '',
    dynamodb: record.dynamodb,
    ...(identity ? { userIdentity: { type: identity.Type, principalId: identity.PrincipalId } } : {}),
    eventSourceARN: streamArn,
  };
  return {
    sequenceNumber: record.dynamodb.SequenceNumber,
    createdMs: (record.dynamodb.ApproximateCreationDateTime ?? 0) * 1_000,
    event,
  };
}

/** The partition key's value as text: records with the same text keep their order. */
export function partitionOf(record: StreamApiRecord, hashKey: string | undefined): string {
  const keys = record.dynamodb.Keys ?? {};
  return JSON.stringify(hashKey !== undefined && hashKey in keys ? keys[hashKey] : keys);
}

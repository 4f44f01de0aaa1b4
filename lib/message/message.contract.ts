/** Attributes mirrored onto every published message: raw delivery to SQS drops a message with more than ten (SNS "Raw message delivery"). */
const MAX_MESSAGE_ATTRIBUTES = 10;

/** Attribute names that the envelope itself mirrors. */
export const ENVELOPE_ATTRIBUTES = { type: 'type', source: 'source', traceparent: 'traceparent', tenant: 'tenant' } as const;

/** What is left of ten attributes for a message's routing fields. */
export const MAX_ROUTING_FIELDS = MAX_MESSAGE_ATTRIBUTES - Object.keys(ENVELOPE_ATTRIBUTES).length;

/** SNS takes 256 KiB, body and attributes together, for one message and for a whole PublishBatch (SNS quotas). */
export const SNS_MAX_BYTES = 262_144;

/** SQS takes 1 MiB for one message and for a whole SendMessageBatch (SQS message quotas). */
export const SQS_MAX_BYTES = 1_048_576;

/** Entries in one PublishBatch or SendMessageBatch. */
export const MAX_BATCH_ENTRIES = 10;

/** The longest chain of messages that cause one another: the recursion guard of Lambda does not see a loop through DynamoDB. */
export const MAX_HOPS = 32;

/** The longest ordering key in UTF-8 bytes; a DynamoDB partition key takes 2,048 with its prefix (DynamoDB "Service quotas"). */
export const MAX_KEY_BYTES = 1_024;

/** The longest id, source or tenant of an envelope, in UTF-16 units. */
export const MAX_ID_LENGTH = 256;

/** The deepest nesting of a message's data: far below where `JSON.stringify` runs out of stack. */
export const MAX_DATA_DEPTH = 500;

/** What the topic's construct and its runtime must agree on; the limits themselves belong to the message. */
export {
  ENVELOPE_ATTRIBUTES,
  MAX_BATCH_ENTRIES,
  MAX_MESSAGE_ATTRIBUTES,
  MAX_ROUTING_FIELDS,
  SNS_MAX_BYTES,
  SQS_MAX_BYTES,
} from '../message/message.contract.ts';

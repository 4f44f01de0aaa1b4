import type { FuzzedParser } from './fuzz.ts';
import { attributes } from './parsers/attributes.ts';
import { batchAnswers } from './parsers/batch-answers.ts';
import { deadLetters } from './parsers/dead-letters.ts';
import { envelopes } from './parsers/envelopes.ts';
import { consumerSettings, destinations } from './parsers/environment.ts';
import { failureRecords } from './parsers/failure-records.ts';
import { messageData } from './parsers/message-data.ts';
import { outboxRows } from './parsers/outbox-rows.ts';
import { queueEvents, records } from './parsers/records.ts';
import { awsFailures, thrownValues } from './parsers/thrown-values.ts';
import { webhooks } from './parsers/webhooks.ts';

/** Every reader of what a stranger may have written: the message path first, then the wire protocols and languages of the embedded AWS. */
export const PARSERS = [
  envelopes,
  records,
  queueEvents,
  failureRecords,
  deadLetters,
  outboxRows,
  batchAnswers,
  awsFailures,
  thrownValues,
  destinations,
  consumerSettings,
  messageData,
  attributes,
  webhooks,
] as readonly FuzzedParser[];

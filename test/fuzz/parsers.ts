import type { FuzzedParser } from './fuzz.ts';
import { attributes } from './parsers/attributes.ts';
import { batchAnswers } from './parsers/batch-answers.ts';
import { chunks } from './parsers/chunks.ts';
import { deadLetters } from './parsers/dead-letters.ts';
import { dynamodbValues } from './parsers/dynamodb-values.ts';
import { envelopes } from './parsers/envelopes.ts';
import { consumerSettings, destinations } from './parsers/environment.ts';
import { expressions } from './parsers/expressions.ts';
import { failureRecords } from './parsers/failure-records.ts';
import { filterCriteria } from './parsers/filter-criteria.ts';
import { filterPolicies } from './parsers/filter-policies.ts';
import { letters } from './parsers/letters.ts';
import { logPatterns } from './parsers/log-patterns.ts';
import { messageData } from './parsers/message-data.ts';
import { outboxRows } from './parsers/outbox-rows.ts';
import { policies } from './parsers/policies.ts';
import { queueEvents, records } from './parsers/records.ts';
import { cborRequests, forms, jsonRequests, restRequests, s3Requests } from './parsers/requests.ts';
import { schedules } from './parsers/schedules.ts';
import { sentAttributes } from './parsers/sent-attributes.ts';
import { awsFailures, thrownValues } from './parsers/thrown-values.ts';
import { webhooks } from './parsers/webhooks.ts';

/** Every reader of what a stranger may have written on the path of a message. */
export const MESSAGE_PATH = [
  envelopes,
  records,
  queueEvents,
  failureRecords,
  letters,
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

/** The wire protocols and languages of the embedded AWS. */
export const EMBEDDED_AWS = [
  jsonRequests,
  forms,
  cborRequests,
  restRequests,
  s3Requests,
  chunks,
  filterPolicies,
  filterCriteria,
  policies,
  expressions,
  dynamodbValues,
  schedules,
  logPatterns,
  sentAttributes,
] as readonly FuzzedParser[];

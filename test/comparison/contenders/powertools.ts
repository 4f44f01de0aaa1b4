import { BatchProcessor, EventType, processPartialResponse, SqsFifoPartialProcessorAsync } from '@aws-lambda-powertools/batch';
import { IdempotencyConfig, makeIdempotent } from '@aws-lambda-powertools/idempotency';
import { DynamoDBPersistenceLayer } from '@aws-lambda-powertools/idempotency/dynamodb';
import type { Context, SQSEvent, SQSRecord } from 'aws-lambda';
import type { SimHandler } from '../../../lib/simulation/functions.ts';
import type { Contender, Host } from '../contender.ts';
import { applyEffect } from '../order-message.ts';
import { worldDynamoDb } from '../world-dynamodb.ts';

/** Each record made idempotent by its message id, in a batch that reports what failed. */
export const powertools: Contender = {
  name: 'powertools',
  title: 'Powertools 2.35: makeIdempotent + BatchProcessor',
  source:
    'Powertools for AWS Lambda (TypeScript), "Idempotency", section "Batch integration". Its first key feature is to keep a handler from ' +
    'running twice for one payload; the sections "Handling exceptions" and "Lambda timeouts" say that what threw and what timed out runs again',
  create: (host) => batchHandler(host, { processor: new BatchProcessor(EventType.SQS), isIdempotent: true }),
};

/** The same behind a FIFO queue. */
export const powertoolsFifo: Contender = {
  name: 'powertools-fifo',
  title: 'Powertools 2.35 on a FIFO queue: makeIdempotent + SqsFifoPartialProcessorAsync',
  source: 'the same library, "Batch processing", section "FIFO queues", with the same wrapper; no batches twice at once either',
  fifo: true,
  create: (host) => batchHandler(host, { processor: new SqsFifoPartialProcessorAsync(), isIdempotent: true }),
};

/** A FIFO queue and nothing else: it keeps copies of one send away, and knows nothing of effects. */
export const fifoAlone: Contender = {
  name: 'fifo-alone',
  title: 'a FIFO queue alone: SqsFifoPartialProcessorAsync',
  source:
    'Amazon SQS Developer Guide, "FIFO queue key terms": exactly-once delivery of what is sent twice within five minutes; what was not ' +
    'deleted comes again. Batches delivered twice at once are left out for it, because FIFO rules them out',
  fifo: true,
  create: (host) => batchHandler(host, { processor: new SqsFifoPartialProcessorAsync(), isIdempotent: false }),
};

interface Processing {
  readonly processor: BatchProcessor | SqsFifoPartialProcessorAsync;
  readonly isIdempotent: boolean;
}

function batchHandler({ process }: Host, { processor, isIdempotent }: Processing): SimHandler {
  const client = worldDynamoDb(process);
  const persistenceStore = new DynamoDBPersistenceLayer({ tableName: 'idempotency', awsSdkV3Client: client });
  const config = new IdempotencyConfig({ eventKeyJmesPath: 'messageId' });
  const apply = async (record: SQSRecord) => {
    await applyEffect(client, record);
    return { messageId: record.messageId };
  };
  const handle = isIdempotent ? makeIdempotent(apply, { persistenceStore, config }) : apply;
  const handler = (event: SQSEvent, context: Context) => {
    config.registerLambdaContext(context);
    return processPartialResponse(event, handle, processor, { context });
  };
  return handler as unknown as SimHandler;
}

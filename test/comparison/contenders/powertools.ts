import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch';
import { IdempotencyConfig, makeIdempotent } from '@aws-lambda-powertools/idempotency';
import { DynamoDBPersistenceLayer } from '@aws-lambda-powertools/idempotency/dynamodb';
import type { Context, SQSEvent, SQSRecord } from 'aws-lambda';
import type { SimHandler } from '../../../lib/simulation/functions.ts';
import type { Contender } from '../contender.ts';
import { applyEffect } from '../order-message.ts';
import { worldDynamoDb } from '../world-dynamodb.ts';

/** Each record made idempotent by its message id, in a batch that reports what failed. */
export const powertools: Contender = {
  name: 'powertools',
  title: 'Powertools 2.35: makeIdempotent + BatchProcessor',
  source:
    'Powertools for AWS Lambda (TypeScript), "Idempotency", section "Batch integration". Its first key feature is to keep a handler from ' +
    'running twice for one payload; the sections "Handling exceptions" and "Lambda timeouts" say that what threw and what timed out runs again',
  create: ({ process }) => {
    const client = worldDynamoDb(process);
    const processor = new BatchProcessor(EventType.SQS);
    const persistenceStore = new DynamoDBPersistenceLayer({ tableName: 'idempotency', awsSdkV3Client: client });
    const config = new IdempotencyConfig({ eventKeyJmesPath: 'messageId' });
    const handle = makeIdempotent(
      async (record: SQSRecord) => {
        await applyEffect(client, record);
        return { messageId: record.messageId };
      },
      { persistenceStore, config },
    );
    const handler = (event: SQSEvent, context: Context) => {
      config.registerLambdaContext(context);
      return processPartialResponse(event, handle, processor, { context });
    };
    return handler as unknown as SimHandler;
  },
};

import {
  ConditionalCheckFailedException,
  DeleteItemCommand,
  GetItemCommand,
  PutItemCommand,
  TransactionCanceledException,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import type { SQSEvent } from 'aws-lambda';
import type { Contender } from '../contender.ts';
import { applyEffect, effectOf, handleEach, orderIdOf } from '../order-message.ts';
import { worldDynamoDb } from '../world-dynamodb.ts';

const TableName = 'markers';
const isNew = { ConditionExpression: 'attribute_not_exists(id)' };

/** Looks whether the message was handled, handles it, and writes that it was. */
export const lookThenMark: Contender = {
  name: 'look-then-mark',
  title: 'by hand: look, do, mark',
  source: 'AWS re:Post, "How do I make my Lambda function idempotent?": look the id up, run, record it when the run has ended',
  create: ({ process }) => {
    const client = worldDynamoDb(process);
    return (event: SQSEvent) =>
      handleEach(event, async (record) => {
        const id = { S: record.messageId };
        const marker = await client.send(new GetItemCommand({ TableName, Key: { id }, ConsistentRead: true }));
        if (marker.Item) return;
        await applyEffect(client, record);
        await client.send(new PutItemCommand({ TableName, Item: { id } }));
      });
  },
};

/** Marks the message first, which two at once cannot both do, and takes the mark back when the handling failed. */
export const markThenDo: Contender = {
  name: 'mark-then-do',
  title: 'by hand: mark, do, unmark on error',
  source:
    'matthewbonig.com, "Creating Idempotent Lambda Handlers with DynamoDB": a conditional put before the work; its markers live five seconds, ' +
    'these for good, and are taken back after an error',
  create: ({ process }) => {
    const client = worldDynamoDb(process);
    return (event: SQSEvent) =>
      handleEach(event, async (record) => {
        const id = { S: record.messageId };
        try {
          await client.send(new PutItemCommand({ TableName, Item: { id }, ...isNew }));
        } catch (error) {
          if (error instanceof ConditionalCheckFailedException) return;
          throw error;
        }
        try {
          await applyEffect(client, record);
        } catch (error) {
          await client.send(new DeleteItemCommand({ TableName, Key: { id } }));
          throw error;
        }
      });
  },
};

/** Marker and effect in one transaction: what our inbox does, written out for one handler. */
export const oneTransaction: Contender = {
  name: 'one-transaction',
  title: 'by hand: mark and do in one transaction',
  source: 'Amazon DynamoDB Developer Guide, "Amazon DynamoDB Transactions": all actions or none, with a condition on the marker',
  create: ({ process }) => {
    const client = worldDynamoDb(process);
    return (event: SQSEvent) =>
      handleEach(event, async (record) => {
        const marker = { TableName, Item: { id: { S: record.messageId } }, ...isNew };
        const TransactItems = [{ Put: marker }, { Update: effectOf(orderIdOf(record)) }];
        try {
          await client.send(new TransactWriteItemsCommand({ TransactItems }));
        } catch (error) {
          const isDone = error instanceof TransactionCanceledException && error.CancellationReasons?.[0]?.Code === 'ConditionalCheckFailed';
          if (!isDone) throw error;
        }
      });
  },
};

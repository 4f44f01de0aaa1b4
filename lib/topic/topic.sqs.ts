import { SendMessageBatchCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import type { Sender } from './deliver.ts';
import { type Destination, groupFields, type Parcel } from './destination.ts';
import { type CommandSender, readBatch, readError } from './send-result.ts';

/** Sends to queues, ten messages a call. */
export function createSqsSender(client: CommandSender): Sender {
  return {
    async sendBatch(destination, parcels) {
      const Entries = parcels.map((parcel, index) => ({ Id: String(index), ...fieldsOf(parcel, destination) }));
      try {
        const answer = await client.send(new SendMessageBatchCommand({ QueueUrl: queueUrlOf(destination.arn), Entries }));
        return readBatch(answer, parcels.length);
      } catch (error) {
        return { rejected: readError(error) };
      }
    },
    async sendOne(destination, parcel) {
      try {
        const { MessageId } = await client.send(
          new SendMessageCommand({ QueueUrl: queueUrlOf(destination.arn), ...fieldsOf(parcel, destination) }),
        );
        return { status: 'sent', serviceId: MessageId };
      } catch (error) {
        return readError(error);
      }
    },
  };
}

/** The URL of a queue, from its ARN ("Queue and message identifiers": region, account and name). Saves a GetQueueUrl call and its grant. */
export function queueUrlOf(arn: string): string {
  const [, partition, , region, account, name] = arn.split(':');
  const suffix = partition === 'aws-cn' ? 'amazonaws.com.cn' : 'amazonaws.com';
  return `https://sqs.${region}.${suffix}/${account}/${name}`;
}

function fieldsOf(parcel: Parcel, destination: Destination) {
  return { MessageBody: parcel.body, MessageAttributes: { ...parcel.attributes }, ...groupFields(parcel, destination) };
}

import { PublishBatchCommand, PublishCommand } from '@aws-sdk/client-sns';
import type { Sender } from './deliver.ts';
import { type Destination, groupFields, type Parcel } from './destination.ts';
import { type CommandSender, readBatch, readError } from './send-result.ts';

/** Publishes to topics; one `PublishBatch` takes ten messages at the price of their size. */
export function createSnsSender(client: CommandSender): Sender {
  return {
    async sendBatch(destination, parcels) {
      const PublishBatchRequestEntries = parcels.map((parcel, index) => ({ Id: String(index), ...fieldsOf(parcel, destination) }));
      try {
        const answer = await client.send(new PublishBatchCommand({ TopicArn: destination.arn, PublishBatchRequestEntries }));
        return readBatch(answer, parcels.length);
      } catch (error) {
        return { rejected: readError(error) };
      }
    },
    async sendOne(destination, parcel) {
      try {
        const { MessageId } = await client.send(new PublishCommand({ TopicArn: destination.arn, ...fieldsOf(parcel, destination) }));
        return { status: 'sent', serviceId: MessageId };
      } catch (error) {
        return readError(error);
      }
    },
  };
}

function fieldsOf(parcel: Parcel, destination: Destination) {
  return { Message: parcel.body, MessageAttributes: { ...parcel.attributes }, ...groupFields(parcel, destination) };
}

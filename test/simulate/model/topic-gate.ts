import { AwsError, type AwsRequest, type Interceptor, type Json } from '../../../lib/local/aws.ts';
import type { Publication } from '../../../lib/simulation/reference-view.ts';
import { failingEntries } from '../../scenarios/interference.ts';

/** An acceptance, and the message group that it went to. */
export interface Accepted extends Publication {
  readonly group: string | undefined;
}

interface Entry {
  readonly Id: string;
  readonly Message: string;
  readonly MessageGroupId?: string;
}

/** Stands before the topics: notes what they take, refuses what is unpublishable, and everything while a topic is down. */
export function topicGate(reaches: (publication: Omit<Publication, 'reaches'>) => readonly string[]) {
  const accepted: Accepted[] = [];
  const down = new Set<string>();
  const note = (topic: string, { Message, MessageGroupId: group }: Omit<Entry, 'Id'>) => {
    const publication = { ...describe(topic, Message), group };
    accepted.push({ ...publication, reaches: reaches(publication) });
  };
  const log: Interceptor = async (request, next) => {
    if (request.service !== 'sns') return next();
    const topic = String(request.input['TopicArn']).split(':').at(-1) ?? '';
    if (down.has(topic)) throw new AwsError('InternalErrorException', `${topic} is down`, { status: 500 });
    const entries = entriesOf(request);
    const answer = await next();
    const successful = new Set(((answer['Successful'] ?? []) as readonly { Id: string }[]).map(({ Id }) => Id));
    for (const entry of entries) if (request.action === 'Publish' || successful.has(entry.Id)) note(topic, entry);
    return answer;
  };
  const refuseAlone: Interceptor = async (request, next) => {
    if (request.action === 'Publish' && isUnpublishable(describe('', String(request.input['Message'])).id))
      throw new AwsError('InvalidParameterException', 'Invalid parameter: Message');
    return next();
  };
  const refuseAmongOthers = failingEntries(({ orderId }) =>
    isUnpublishable(orderId) ? { code: 'InvalidParameter', senderFault: true } : undefined,
  );
  return { accepted, down, interceptors: [log, refuseAlone, refuseAmongOthers] as const };
}

const isUnpublishable = (id: string) => id.startsWith('unpublishable');

function entriesOf({ action, input }: AwsRequest): readonly Entry[] {
  if (action === 'PublishBatch') return [...(input['PublishBatchRequestEntries'] as readonly Entry[])];
  return action === 'Publish' ? [{ Id: '', ...(input as Json & Omit<Entry, 'Id'>) }] : [];
}

function describe(topic: string, body: string): Omit<Publication, 'reaches'> {
  const envelope = JSON.parse(body) as { id: string; partitionkey?: string; sequence?: string; data: { orderId: string } };
  return {
    id: envelope.data.orderId,
    topic,
    messageId: envelope.id,
    body,
    key: envelope.partitionkey,
    sequence: envelope.sequence === undefined ? undefined : Number(envelope.sequence),
  };
}

import { AwsError, type AwsRequest, type Interceptor, type Json } from '../../lib/local/aws.ts';

/** One entry of a PublishBatch, and how often such an entry was seen before. */
export interface PublishedEntry {
  readonly id: string;
  readonly orderId: string;
  readonly sequence: number;
  readonly messageId: string;
  readonly topic: string;
}

/** How a topic refuses an entry inside a successful answer. */
export interface EntryFailure {
  readonly code: string;
  readonly senderFault: boolean;
}

const entriesOf = ({ input }: AwsRequest) => (input['PublishBatchRequestEntries'] ?? []) as readonly { Id: string; Message: string }[];

function readEntry(topic: unknown, { Id, Message }: { Id: string; Message: string }): PublishedEntry {
  const envelope = JSON.parse(Message) as { id: string; data: { orderId: string }; sequence?: string };
  return {
    id: Id,
    orderId: envelope.data.orderId,
    sequence: Number(envelope.sequence ?? 0),
    messageId: envelope.id,
    topic: String(topic),
  };
}

/** Lets SNS answer HTTP 200 with `Failed` entries: those that `decide` names are not published. */
export function failingEntries(decide: (entry: PublishedEntry) => EntryFailure | undefined): Interceptor {
  return async (request, next) => {
    if (request.action !== 'PublishBatch') return next();
    const failures = new Map(
      entriesOf(request).flatMap((entry) => {
        const failure = decide(readEntry(request.input['TopicArn'], entry));
        return failure ? [[entry.Id, failure] as const] : [];
      }),
    );
    const passing = entriesOf(request).filter(({ Id }) => !failures.has(Id));
    Object.assign(request.input, { PublishBatchRequestEntries: passing });
    const answer: Json = passing.length > 0 ? await next() : { Successful: [] };
    const failed = [...failures].map(([Id, { code, senderFault }]) => ({ Id, Code: code, SenderFault: senderFault, Message: code }));
    return { ...answer, Failed: [...((answer['Failed'] as Json[] | undefined) ?? []), ...failed] };
  };
}

/** A log of what reaches SNS: single messages and entries of batches, in order. */
export function publicationLog(): { readonly log: PublishedEntry[]; readonly refusals: string[]; readonly intercept: Interceptor } {
  const log: PublishedEntry[] = [];
  const refusals: string[] = [];
  return {
    log,
    refusals,
    intercept: async (request, next) => {
      if (request.service !== 'sns') return next();
      const topic = request.input['TopicArn'];
      if (request.action === 'PublishBatch') log.push(...entriesOf(request).map((entry) => readEntry(topic, entry)));
      if (request.action === 'Publish') log.push(readEntry(topic, { Id: '0', Message: String(request.input['Message']) }));
      try {
        return await next();
      } catch (error) {
        refusals.push((error as AwsError).code);
        throw error;
      }
    },
  };
}

/** Refuses calls while `when` says so, as a broken permission does. */
export function denied(when: (request: AwsRequest) => boolean): (request: AwsRequest) => void {
  return (request) => {
    if (when(request)) throw new AwsError('AccessDeniedException', 'not authorized', { status: 403 });
  };
}

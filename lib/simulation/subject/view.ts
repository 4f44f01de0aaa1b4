import { FAILURE_ATTRIBUTE } from '../../dlq/dlq.contract.ts';
import { decodeFailureRecord } from '../../dlq/failure-record.ts';
import { decodeEnvelope } from '../../message/decode-envelope.ts';
import { nativeItem } from '../../unit-of-work/native-item.ts';
import type { Stage } from './stage.ts';
import type { NotedEffect, PublishedMessage, SubjectView } from './subject-view.ts';

/** Looks at what is there now. */
export function viewOf({ world, options, queueUrls, noted, deadLetterQueueUrl }: Stage): SubjectView {
  const bodies = queueUrls.flatMap((url) => world.sqs.peek(world.sqs.queueArn(url)).map(({ body }) => body));
  const tables = options.tables ?? [];
  return {
    items: Object.fromEntries(tables.map(({ name }) => [name, world.dynamodb.scanTable(name).map((item) => nativeItem(item as never))])),
    published: distinct(bodies, idOf).map(publishedOf),
    noted: distinct(noted, keyOf).map(({ name, detail }) => ({ name, detail })),
    deadLettered: world.sqs.peek(world.sqs.queueArn(deadLetterQueueUrl)).map(({ body, attributes }) => ({
      id: idOf(body),
      body,
      failure: decodeFailureRecord(attributes[FAILURE_ATTRIBUTE] ?? ''),
    })),
  };
}

/** The first of each name; all of those without one. */
function distinct<Value>(all: readonly Value[], nameOf: (value: Value) => string | undefined): readonly Value[] {
  const seen = new Set<string>();
  return all.filter((value) => {
    const name = nameOf(value);
    if (name === undefined) return true;
    if (seen.has(name)) return false;
    seen.add(name);
    return true;
  });
}

const keyOf = ({ name, key }: NotedEffect) => (key === undefined ? undefined : `${name} ${key}`);

function envelopeOf(body: string) {
  try {
    return decodeEnvelope(body);
  } catch {
    return undefined;
  }
}

const idOf = (body: string) => envelopeOf(body)?.id;

function publishedOf(body: string): PublishedMessage {
  const envelope = envelopeOf(body);
  if (!envelope) return { type: undefined, version: undefined, key: undefined, data: body };
  const { type, version, key, data } = envelope;
  return { type, version, key, data };
}

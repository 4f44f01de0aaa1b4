import type { Json } from '../../local/aws.ts';
import type { HttpAnswer, HttpRequest } from '../../local/gateway/exchange.ts';
import { splitBatch } from '../partial-batch.ts';
import type { Forwarded } from './forward.ts';
import type { WireCall } from './wire-call.ts';

const REQUEST_ID = 'partial-batch';
const FORM_ENTRY = /^(?<list>\w+)\.member\.(?<number>\d+)\.(?<rest>.+)$/;

/**
 * Sends the part of a batch that does not fail, and answers for the whole in the protocol of the call. A batch in another form than JSON or
 * the form of SNS is sent as it is.
 */
export async function sendPart(
  { request, exchange }: WireCall,
  http: HttpRequest,
  { send, fails }: { send: (http: HttpRequest) => Promise<Forwarded>; fails: () => boolean },
): Promise<HttpAnswer | Forwarded> {
  const isForm = http.headers['x-amz-target'] === undefined;
  if (isForm && request.service !== 'sns') return send(http);
  const { input, complete } = splitBatch(request, fails);
  if (input === undefined) return exchange.answer(complete({}), REQUEST_ID);
  const body = isForm ? keepEntries(http.body, input) : Buffer.from(JSON.stringify(input));
  const answer = await send({ ...http, body });
  if (answer.status !== 200) return answer;
  return exchange.answer(complete(isForm ? entriesOf(answer.body) : (JSON.parse(answer.body.toString()) as Json)), REQUEST_ID);
}

/** The form with the entries whose ids are left, numbered anew. */
function keepEntries(body: Buffer, input: Json): Buffer {
  const kept = (input['PublishBatchRequestEntries'] as readonly Json[]).map(({ Id }) => String(Id));
  const form = new URLSearchParams(body.toString('utf8'));
  const numbers = new Map<string, number>();
  for (const [name, value] of form) {
    const { number, rest } = FORM_ENTRY.exec(name)?.groups ?? {};
    if (number && rest === 'Id' && kept.includes(value)) numbers.set(number, kept.indexOf(value) + 1);
  }
  const smaller = new URLSearchParams();
  for (const [name, value] of form) {
    const { list, number = '', rest } = FORM_ENTRY.exec(name)?.groups ?? {};
    if (list !== 'PublishBatchRequestEntries') smaller.append(name, value);
    else if (numbers.has(number)) smaller.append(`${list}.member.${numbers.get(number)}.${rest}`, value);
  }
  return Buffer.from(smaller.toString());
}

/** `Successful` and `Failed` of an answer in XML; their members hold only text (SNS API reference, "PublishBatch"). */
function entriesOf(body: Buffer): Json {
  const xml = body.toString('utf8');
  const listOf = (name: string) => {
    const inner = new RegExp(`<${name}>(.*?)</${name}>`, 's').exec(xml)?.[1] ?? '';
    return [...inner.matchAll(/<member>(.*?)<\/member>/gs)].map(([, member = '']) =>
      Object.fromEntries([...member.matchAll(/<(\w+)>([^<]*)<\/\1>/g)].map(([, key = '', value = '']) => [key, value])),
    );
  };
  return { Successful: listOf('Successful'), Failed: listOf('Failed') };
}

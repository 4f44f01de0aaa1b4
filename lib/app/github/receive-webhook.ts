import type { AnyMessageDefinition, Outbox } from '../../index.ts';
import { isPosthasteError } from '../../index.ts';
import { activityKey } from './github.messages.ts';
import { changedInteger, parsePayload } from './parse-payload.ts';
import { isSignedBy } from './signature.ts';

/** The parts of a Function URL request (payload format 2.0) that this handler reads. */
export interface WebhookRequest {
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body?: string;
  readonly isBase64Encoded?: boolean;
}

/** The answer: JSON, so that GitHub's delivery log shows the reason of a refusal. */
export interface WebhookResponse {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What the handler works with. */
export interface WebhookDeps {
  readonly outbox: Outbox;
  /** The secret that deliveries are signed with. */
  readonly secret: () => Promise<string>;
  readonly events: readonly AnyMessageDefinition[];
}

/**
 * Takes a webhook delivery and commits it to the outbox. The delivery id is the idempotency key: a redelivery commits once.
 * What it accepts (202) is safe; what it refuses (4xx) it says why; for anything else GitHub tries again.
 */
export function receiveWebhook({ outbox, secret, events }: WebhookDeps): (request: WebhookRequest) => Promise<WebhookResponse> {
  const byName = new Map(events.map((event) => [event.name, event]));

  return async ({ headers, body = '', isBase64Encoded = false }) => {
    const bytes = Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8');
    if (!isSignedBy(await secret(), bytes, headers['x-hub-signature-256'])) {
      return answer(401, {
        code: 'SIGNATURE_INVALID',
        message: 'X-Hub-Signature-256 does not match the body: sign the raw bytes with the shared secret',
      });
    }
    const delivery = headers['x-github-delivery'];
    if (!delivery)
      return answer(400, { code: 'DELIVERY_MISSING', message: 'X-GitHub-Delivery is missing: it is the idempotency key of a delivery' });

    const payload = parsePayload(bytes);
    if (payload === undefined) return answer(400, { code: 'NOT_JSON', message: 'the body is not JSON in UTF-8' });
    const name = headers['x-github-event'] ?? '';
    const event = byName.get(`github.${name.replaceAll('_', '-')}`);
    if (!event) {
      const message = `X-GitHub-Event ${JSON.stringify(name)} is not one of the ${byName.size} events declared here`;
      return answer(422, { code: 'EVENT_UNKNOWN', message });
    }
    const changed = changedInteger(payload.text);
    if (changed !== undefined) {
      const message = `the integer ${shortened(changed)} is more than a JSON number holds exactly: send it as a string`;
      return answer(422, { code: 'NUMBER_UNSAFE', message });
    }
    return commit(outbox, event, { delivery, payload: payload.value });
  };
}

async function commit(
  outbox: Outbox,
  event: AnyMessageDefinition,
  input: { delivery: string; payload: unknown },
): Promise<WebhookResponse> {
  try {
    const unit = outbox.unit({ correlationId: input.delivery });
    const key = activityKey(input.payload);
    unit.publishUnchecked(event, input.payload, key === undefined ? {} : { key });
    const { status, messages } = await unit.commit({ idempotencyKey: input.delivery });
    return answer(202, { status, messageId: messages[0]?.id });
  } catch (error) {
    if (!isPosthasteError(error) || error.retryable) throw error;
    return answer(422, { code: error.code, message: error.message });
  }
}

function shortened(digits: string): string {
  return digits.length > 40 ? `${digits.slice(0, 40)}… of ${digits.length} digits` : digits;
}

function answer(statusCode: number, body: Readonly<Record<string, unknown>>): WebhookResponse {
  return { statusCode, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}

import type { FailureFilter } from '../../dlq/failure.ts';
import type { Desk } from './desk.ts';
import { printable } from './printable.ts';

/** Where nothing is found of a consumer, the reason may be its name: says so if the stack has none of it. The answer stands either way. */
export async function warnOfUnknownConsumer({ operations, terminal }: Desk, where: FailureFilter | undefined): Promise<void> {
  const consumer = where?.consumer;
  if (consumer === undefined) return;
  const status = await operations.ask({ operation: 'status' }).catch(() => undefined);
  const names = status?.consumers.map(({ name }) => name);
  if (names === undefined || names.includes(consumer)) return;
  terminal.line(`the stack has no consumer ${JSON.stringify(printable(consumer, 80))}; it has ${names.join(', ') || 'none'}`);
}

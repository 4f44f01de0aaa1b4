import { deriveId } from '../core/ids.ts';
import { assertKind, assertSource, composeMessage, composeUnchecked, type MessageFields } from '../message/compose.ts';
import { MAX_HOPS } from '../message/message.contract.ts';
import type { AnyMessageDefinition, Message, OutgoingMessage } from '../message/message.ts';
import { prepareWrite } from './prepared-write.ts';
import { describe, HopsExceededError, UnitSealedError, UnitWriteError } from './unit-of-work.errors.ts';
import type { CollectedUnit, PreparedWrite, SendOptions, UnitOfWork, Write } from './unit-of-work.ts';

/** Where a unit stands: what its messages inherit. */
export interface UnitContext {
  /** Names the unit; its messages are named `deriveId(unitId, index)`, so a retry under the same id sends the same messages. */
  readonly unitId: string;
  /** The CloudEvents source of its messages, a URI reference such as `urn:posthaste:orders`. */
  readonly source: string;
  /** When it commits, in epoch milliseconds. */
  readonly time: number;
  /** The message whose handling this is: correlation, causation, hops, tenant and trace come from it. */
  readonly cause?: Message;
  /** @default - that of the cause, or the unit's own id */
  readonly correlationId?: string;
  /** @default - that of the cause */
  readonly tenant?: string;
  /** @default - that of the cause; a value that is no W3C traceparent is left out */
  readonly traceparent?: string;
}

/** The id of the unit in which a consumer handles a message: the same at every redelivery. */
export function unitIdOf(consumer: string, messageId: string): string {
  return deriveId(consumer, messageId);
}

/**
 * An empty unit of work. Everything that is wrong with a write or message throws here, in the handler's own stack, not at commit.
 *
 * @example
 * const unit = createUnit({ unitId: ids.next(), source: 'urn:posthaste:orders', time: clock.now() });
 * unit.put(orders, { id: '42', total: 10 });
 * unit.publish(OrderPlaced, { orderId: '42', total: 10, country: 'NL' });
 * await committer.commit({ unit, guards: [] });
 */
export function createUnit(context: UnitContext): UnitOfWork & CollectedUnit {
  assertSource(context.source);
  const { collected, collect, dispatch } = createCollector(context);
  return {
    ...collected,
    put: (table, item, condition) => collect({ kind: 'put', table, item, ...(condition && { condition }) }),
    update: (table, key, change) => collect({ kind: 'update', table, key, ...change }),
    delete: (table, key, condition) => collect({ kind: 'delete', table, key, ...(condition && { condition }) }),
    check: (table, key, condition) => collect({ kind: 'check', table, key, condition }),
    publish(definition, ...content) {
      assertKind(definition, 'event');
      dispatch(composeMessage, definition, content);
    },
    send(definition, ...content) {
      assertKind(definition, 'command');
      dispatch(composeMessage, definition, content);
    },
    publishUnchecked: (definition, ...content) => dispatch(composeUnchecked, definition, content),
  };
}

interface Collector {
  readonly collected: CollectedUnit;
  collect(write: Write): void;
  dispatch(compose: typeof composeMessage, definition: AnyMessageDefinition, content: readonly [unknown, (SendOptions | undefined)?]): void;
}

function createCollector(context: UnitContext): Collector {
  const writes: PreparedWrite[] = [];
  const messages: OutgoingMessage[] = [];
  const items = new Set<string>();
  const orderingKeys = new Set<string>();
  let sealed = false;
  const seal = () => {
    sealed = true;
  };
  const assertOpen = () => {
    if (sealed) throw new UnitSealedError(context.unitId);
  };
  return {
    collected: { unitId: context.unitId, writes, messages, items, orderingKeys, seal },
    collect(write) {
      assertOpen();
      const prepared = prepareWrite(write);
      if (items.has(prepared.identity)) throw secondWrite(prepared);
      items.add(prepared.identity);
      writes.push(prepared);
    },
    dispatch(compose, definition, [data, options = {}]) {
      assertOpen();
      const message = compose(definition, data, fieldsOf(context, messages.length, { type: definition.name, options }));
      if (message.key !== undefined) orderingKeys.add(message.key);
      messages.push(message);
    },
  };
}

function secondWrite({ site }: PreparedWrite): UnitWriteError {
  return new UnitWriteError(
    `the ${describe(site)} is the second write of its item in this unit; a transaction takes one an item: fold them together`,
  );
}

/** The same unit under another id, for an id that is only known at commit: its messages are named after it. */
export function renameUnit(unit: CollectedUnit, unitId: string): CollectedUnit {
  const messages = unit.messages.map((message, index) => ({
    ...message,
    id: deriveId(unitId, String(index)),
    correlationId: message.correlationId === unit.unitId ? unitId : message.correlationId,
  }));
  return { ...unit, unitId, messages };
}

function fieldsOf(
  context: UnitContext,
  index: number,
  { type, options }: { readonly type: string; readonly options: SendOptions },
): MessageFields {
  const { unitId, source, time, cause } = context;
  const hops = cause === undefined ? 0 : cause.hops + 1;
  if (hops > MAX_HOPS) throw new HopsExceededError(type, hops, MAX_HOPS);
  return {
    id: deriveId(unitId, String(index)),
    source,
    time,
    correlationId: context.correlationId ?? cause?.correlationId ?? unitId,
    causationId: cause?.id,
    hops,
    tenant: options.tenant ?? context.tenant ?? cause?.tenant,
    traceparent: context.traceparent ?? cause?.traceparent,
    key: options.key,
  };
}
